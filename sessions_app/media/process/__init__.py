"""Program that works on media files, without any right to do something else.

It is started by `client`, imports neither Django nor other parts of the portal, and gets the bytes that it asks for through a socket. After it has
loaded its libraries it can open no file and no connection: whatever a file makes ffmpeg do, nothing but these bytes can be read.
Memory, CPU time and output are limited, too.
"""
