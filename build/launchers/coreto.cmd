@echo off
rem Starts Coreto in this window. When it ends with an error, the window stays until a key is pressed.
title Coreto
"%~dp0coreto.exe" %*
if errorlevel 1 pause
