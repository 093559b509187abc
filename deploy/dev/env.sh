#!/bin/sh
# Makes .venv from a hashed lock: `env.sh run` for the product, `env.sh dev` for tests on top.
set -eu
want=$1
python=
for candidate in python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "sentinel: Python 3.11, 3.12 or 3.13 is needed; install it (Debian: apt install python3 python3-venv)" >&2
    exit 1
fi
if [ ! -x .venv/bin/python ]; then
    echo "  environment with $($python --version) …"
    "$python" -m venv .venv || {
        echo "sentinel: the venv module is missing; Debian: apt install python3-venv" >&2
        rm -rf .venv
        exit 1
    }
fi
echo "  packages of requirements/$want.txt (the first time takes a few minutes) …"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --progress-bar off \
    --require-hashes -r "requirements/$want.txt" || {
    echo "sentinel: packages could not be installed; the lines above say which. Is the package registry reachable?" >&2
    exit 1
}
# The project itself: importable from anywhere, and its command beside python.
site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
pwd >"$site/sentinel.pth"
printf '#!/bin/sh\nexec "%s/.venv/bin/python" -m cli "$@"\n' "$(pwd)" >.venv/bin/sentinel
chmod +x .venv/bin/sentinel
missing=
if [ "$want" = dev ]; then
    for program in chromium prometheus-alertmanager; do # Debian's packages are called like their programs
        command -v "$program" >/dev/null || missing="$missing $program"
    done
fi
if [ -n "$missing" ]; then
    echo "  for the tests:$missing …"
    # Debian starts the Alertmanager that it installs; on a machine with systemd this one stays off until it is unmasked.
    case "$missing" in *alertmanager*) [ ! -d /run/systemd/system ] || [ "$(id -u)" != 0 ] || systemctl mask -q prometheus-alertmanager ;; esac
    { [ "$(id -u)" = 0 ] && apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        $missing fonts-dejavu-core >/dev/null; } || {
        echo "sentinel: the tests need$missing; Debian: apt install$missing" >&2
        exit 1
    }
fi
touch ".venv/$want.stamp"
