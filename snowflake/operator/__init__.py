"""What helps whoever runs Snowflake: the doctor, the preview of a login, Authentik's blueprint."""
