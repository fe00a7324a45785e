#!/bin/sh
# Installs the Debian packages that the tests drive: a browser, a reader of PDF files, a DICOM validator and a DICOM
# server. Fails with their names where it may not install them.
set -eu
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v pdftotext >/dev/null 2>&1 || missing="$missing poppler-utils"
command -v dciodvfy >/dev/null 2>&1 || missing="$missing dicom3tools"
[ -x /usr/sbin/Orthanc ] || missing="$missing orthanc"
[ -z "$missing" ] && exit 0

echo "The tests need:$missing. Installing." >&2
run=""
if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        run="sudo"
    else
        echo "Not allowed to install. Run: apt-get install$missing" >&2
        exit 1
    fi
fi
$run apt-get update -qq
# shellcheck disable=SC2086  # a list of package names
DEBIAN_FRONTEND=noninteractive $run apt-get install -y -qq --no-install-recommends $missing >/dev/null
