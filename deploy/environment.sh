# Sourced by ./run and ./test: finds or installs what the machine lacks, then makes .venv from the locked list.
# Set OMS_NO_INSTALL=1 to be told what is missing instead of having it installed.

say() { printf 'oms: %s\n' "$*" >&2; }

# packages NAME... : installs the Debian packages that are not there yet
packages() {
  local missing=() name
  for name in "$@"; do
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=(sudo); else OMS_NO_INSTALL=1; fi
  fi
  if [ -n "${OMS_NO_INSTALL:-}" ]; then
    say "missing Debian packages; please run as root:"
    say "  apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    exit 1
  fi
  say "installing Debian packages: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# packages_if_any NAME... : the same for packages that not every Debian has; call it after `packages`
packages_if_any() {
  local name
  for name in "$@"; do
    if dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed'; then continue; fi
    [ "$(id -u)" -eq 0 ] && [ -z "${OMS_NO_INSTALL:-}" ] && ! apt-cache show "$name" >/dev/null 2>&1 && { apt-get update -qq || true; }
    if apt-cache show "$name" >/dev/null 2>&1; then packages "$name"; else say "$name is not in this Debian: its tests are skipped"; fi
  done
}

# python_environment LIST : .venv with exactly the packages of the hash-checked list
python_environment() {
  local list=$1 stamp python=python3
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { say "Python 3.11 or newer is needed"; exit 1; }
  stamp="$(cat "$list" | sha256sum | cut -d' ' -f1) $("$python" -V) $PWD"
  if [ "$(cat ".venv/stamp-$(basename "$list")" 2>/dev/null)" != "$stamp" ]; then
    say "installing Python packages from $list (hashes checked)"
    [ -x .venv/bin/python ] && [ "$(.venv/bin/python -V 2>/dev/null)" = "$("$python" -V)" ] || "$python" -m venv --clear .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --no-deps --only-binary :all: -r "$list"
    local site
    site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    printf '%s\n' "$PWD" > "$site/oms-checkout.pth"
    printf '#!%s\nimport sys\nfrom oms.cli import main\nsys.exit(main())\n' "$PWD/.venv/bin/python" > .venv/bin/oms
    chmod +x .venv/bin/oms
    printf '%s' "$stamp" > ".venv/stamp-$(basename "$list")"
  fi
}

# translations : the English catalogue in the form the pages read, made anew when its text is newer
translations() {
  local text
  for text in oms/translations/*/LC_MESSAGES/messages.po; do
    [ "${text%.po}.mo" -nt "$text" ] || .venv/bin/pybabel -q compile -i "$text" -o "${text%.po}.mo"
  done
}

# room_in_memory : makes a folder in memory and prints its path; fails where there are not 4 GB free for it
room_in_memory() {
  local free
  free=$(df -Pk /dev/shm 2>/dev/null | awk '$1 == "tmpfs" { print $4 }')
  [ "${free:-0}" -ge 4194304 ] || return 1
  free=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)
  [ "${free:-0}" -ge 8388608 ] || return 1
  mktemp -d /dev/shm/oms-test-XXXXXX 2>/dev/null
}

RUN_PACKAGES=(ca-certificates python3 python3-venv tesseract-ocr tesseract-ocr-vie tesseract-ocr-osd
  poppler-utils bubblewrap fontconfig fonts-croscore sane-utils
  libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0)
TEST_PACKAGES=(chromium fonts-liberation softhsm2 postgresql)
# A Debian may have dropped these: what needs them is then left out of the tests, and says so.
OPTIONAL_PACKAGES=(sphinxsearch nginx-light)
