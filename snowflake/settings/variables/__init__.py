"""Every variable: its name, type, default and meaning, one file for each thing that they are about.

The table in the guide to the configuration is held equal to these files by a test.
"""
