#!/bin/sh
# Makes sure that the browser tests find a Chromium and fonts with Chinese characters.
set -eu

find_chromium() {
    if [ -n "${LINGGONG_CHROMIUM:-}" ]; then
        [ -x "$LINGGONG_CHROMIUM" ] && return 0
        echo "LINGGONG_CHROMIUM=$LINGGONG_CHROMIUM is not a program that can be run" >&2
        exit 1
    fi
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
}

find_chromium && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null
    find_chromium && exit 0
fi

cat >&2 <<'TEXT'
The browser tests need Chromium (or Chrome) and fonts with Chinese characters. Install them, for example:
    Debian, Ubuntu:  sudo apt-get install chromium fonts-noto-cjk
    Fedora:          sudo dnf install chromium google-noto-sans-cjk-fonts
    macOS:           brew install --cask google-chrome
or set LINGGONG_CHROMIUM to the path of one.
TEXT
exit 1
