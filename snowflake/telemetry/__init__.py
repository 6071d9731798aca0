"""What Snowflake tells whoever runs it: logs, the audit log, and metrics for Prometheus."""
