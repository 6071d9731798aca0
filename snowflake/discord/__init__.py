"""The only speaker to Discord.

``client.py`` makes the calls and gives every failure a name, ``models.py`` says what of Discord's
answers Snowflake reads, ``cdn.py`` knows where Discord keeps its pictures.
"""
