@echo off
rem Builds the programs people copy and double-click into dist\: scripts\build [--measure]
py -3 "%~dp0..\build\make.py" %*
