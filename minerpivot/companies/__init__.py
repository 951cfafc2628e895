"""The companies one by one."""
