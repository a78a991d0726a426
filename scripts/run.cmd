@echo off
rem Installs Coreto when needed and runs it: scripts\run [coreto's own arguments]
setlocal
set "root=%~dp0.."
set "python=%root%\.venv\Scripts\python.exe"

if not exist "%python%" (
    py -3 -c "import sys; sys.exit(sys.version_info < (3, 11))" || (
        echo Coreto needs Python 3.11 or newer: https://www.python.org/downloads/ 1>&2
        exit /b 1
    )
    py -3 -m venv "%root%\.venv" || exit /b 1
)

fc /b "%root%\setup.cfg" "%root%\.venv\installed.cfg" >nul 2>nul || (
    "%python%" -m pip install --quiet --disable-pip-version-check --editable "%root%" 1>&2 || exit /b 1
    copy /y "%root%\setup.cfg" "%root%\.venv\installed.cfg" >nul
)

"%root%\.venv\Scripts\coreto.exe" %*
