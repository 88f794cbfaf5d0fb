#!/usr/bin/env bash
# Installs OMS from this bundle on a machine without a network. Run it as root; it can be run again, and upgrades.
#   ./install.sh LG "Tỉnh Lam Giang"   code and name of the province (they count the first time only)
#   --site NAME      host name of the pages (hoso.example)      --zone ZONE   isolated_lan, office_lan or party_wan
#   --workers N      reading processes (one a core)             --key PUB.pem the bundle's signature has to be this key's
#   --no-start       do not start anything (systemd is not asked)
# What is where: program /opt/oms (a link to /opt/oms-VERSION), data /var/lib/oms, settings /etc/oms, the journal's key
# /etc/oms-seal. Nothing of an installation that is there already is overwritten but the program and the units.
set -euo pipefail
bundle=$(cd "$(dirname "$0")" && pwd)
province=() site=hoso.example zone=isolated_lan workers=$(nproc) key= start=1
say() { printf 'oms: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
while [ $# -gt 0 ]; do
  case "$1" in
    --site) site=$2; shift ;;
    --zone) zone=$2; shift ;;
    --workers) workers=$2; shift ;;
    --key) key=$2; shift ;;
    --no-start) start= ;;
    -h|--help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
    -*) say "unknown option $1 (try --help)"; exit 2 ;;
    *) province+=("$1") ;;
  esac
  shift
done
[ "$(id -u)" -eq 0 ] || die "run this as root"
case "$site" in *[!a-zA-Z0-9.-]*|'') die "--site is a host name like hoso.example" ;; esac
case "$zone" in isolated_lan|office_lan|party_wan) ;; *) die "--zone is isolated_lan, office_lan or party_wan" ;; esac
case "$workers" in *[!0-9]*|''|0) die "--workers is a number" ;; esac
[ ${#province[@]} -eq 0 ] || [ ${#province[@]} -eq 2 ] || die "give the province's code and its name, or neither"

say "checking the bundle"
cd "$bundle"
[ -f SHA256SUMS ] || die "the bundle has no SHA256SUMS: copy it anew"
strange=$(find . -mindepth 1 ! -type f ! -type d)
[ -z "$strange" ] || die "neither files nor folders, which no bundle has: do not install this: $strange"
if [ -n "$key" ]; then
  command -v openssl >/dev/null || die "openssl is missing, without which no signature can be checked: install it from your medium"
  openssl pkeyutl -verify -pubin -inkey "$key" -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig >/dev/null \
    || die "SHA256SUMS was not signed by that key: do not install this"
fi
sha256sum --strict --quiet -c SHA256SUMS || die "a file of the bundle is missing or is not what it was: copy it anew"
there=$(find . -type f ! -path ./SHA256SUMS ! -path ./SHA256SUMS.sig | LC_ALL=C sort)
more=$(LC_ALL=C comm -3 <(echo "$there") <(cut -c 67- SHA256SUMS | LC_ALL=C sort))
[ -z "$more" ] || die "files in the bundle that are not in SHA256SUMS, or named twice: do not install this: $more"
archive=$(ls oms-*.tar.gz) version=${archive#oms-}; version=${version%.tar.gz}
digits='^[0-9]+(\.[0-9]+)*[a-z0-9.+-]*$'
[[ $version =~ $digits ]] || die "$archive: what version is that?"

missing=()
while read -r name _version; do
  dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
done < debian-packages.txt
if [ ${#missing[@]} -gt 0 ] && compgen -G 'debs/*.deb' >/dev/null; then
  say "Debian packages from the bundle: ${missing[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ./debs/*.deb >/dev/null
elif [ ${#missing[@]} -gt 0 ]; then
  die "missing Debian packages; install them from your mirror or medium, then run this again: ${missing[*]}"
fi
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || die "Python 3.11 or newer is needed"

say "users and folders"
getent group oms >/dev/null || groupadd --system oms
for user in oms oms-seal; do
  id "$user" >/dev/null 2>&1 || useradd --system --gid oms --home-dir /var/lib/oms --no-create-home --shell /usr/sbin/nologin "$user"
done
[ -d /var/lib/oms ] || install -d -m 2770 -o oms -g oms /var/lib/oms
install -d -m 2770 -o oms -g oms /var/lib/oms/witness /var/lib/oms/running
install -d -m 750 -o root -g oms /etc/oms
install -d -m 711 -o oms-seal -g oms /etc/oms-seal
install -d -m 700 /etc/oms/tls
install -d -m 700 -o oms -g oms /var/backups/oms

target=/opt/oms-$version
say "program into $target"
umask 022
fresh=$target.new
rm -rf "$fresh"; mkdir -p "$fresh"
tar -xzf "$archive" --strip-components=1 --no-same-owner -C "$fresh"
[ ! -e "$target" ] || { [ ! -L /opt/oms ] || [ "$(readlink /opt/oms)" != "$target" ] || systemctl stop oms.target 'oms-*' 2>/dev/null || true; rm -rf "$target"; }
mv "$fresh" "$target"
(
  cd "$target"
  python3 -m venv .venv
  PIP_NO_INDEX=1 PIP_FIND_LINKS=$bundle/wheels .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
    --no-deps --require-hashes --only-binary :all: --no-cache-dir -r deploy/requirements.lock
  printf '%s\n' "$target" > "$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/oms-checkout.pth"
  printf '#!%s\nimport sys\nfrom oms.cli import main\nsys.exit(main())\n' "$target/.venv/bin/python" > .venv/bin/oms
  chmod 755 .venv/bin/oms
  . deploy/environment.sh
  translations
  .venv/bin/python -m compileall -q oms scanning search_index linkage vietnamese
)

say "settings and units"
if [ ! -e /etc/oms/oms.env ]; then
  sed -e "s,hoso\.example,$site," -e "s,^OMS_ZONE=.*,OMS_ZONE=$zone," "$target/deploy/oms.env" > /etc/oms/oms.env
fi
chown root:oms /etc/oms/oms.env; chmod 640 /etc/oms/oms.env
if [ ! -e /etc/oms-seal/seal.env ]; then
  # the sealer signs no cookies: the key it is given for them is nobody's
  (umask 077; printf 'OMS_SECRET_KEY=%s\n' "$(head -c 36 /dev/urandom | base64 | tr -d '\n')" > /etc/oms-seal/seal.env)
fi
install -d /etc/systemd/system
install -m 644 "$target"/deploy/systemd/*.service "$target"/deploy/systemd/*.timer "$target"/deploy/systemd/*.target /etc/systemd/system/
if [ -d /etc/nginx/conf.d ] && [ ! -e /etc/nginx/conf.d/oms.conf ]; then
  sed "s,hoso\.example,$site," "$target/deploy/nginx/oms.conf" > /etc/nginx/conf.d/oms.conf
  [ -e /etc/oms/tls/site.pem ] || openssl req -x509 -newkey rsa:3072 -nodes -days 90 -subj "/CN=$site" -addext "subjectAltName=DNS:$site" \
    -keyout /etc/oms/tls/site.key -out /etc/oms/tls/site.pem 2>/dev/null
fi
[ ! -d /etc/logrotate.d ] || install -m 644 "$target/deploy/logrotate" /etc/logrotate.d/oms

# From here on the new version is the one in force: services are stopped, the schema is brought up to date.
running=
if [ -n "$start" ] && [ -d /run/systemd/system ]; then running=1; systemctl daemon-reload; systemctl stop oms.target 'oms-*' 2>/dev/null || true; fi
ln -sfn "$target" /opt/oms
as_oms() { (cd /opt/oms && exec setpriv --reuid oms --regid oms --init-groups --reset-env env "${settings[@]}" "$@"); }
settings=()
while IFS= read -r line; do case "$line" in ''|\#*) ;; *) settings+=("$line") ;; esac; done < /etc/oms/oms.env
named=(); [ ${#province[@]} -eq 0 ] || named=(--root-code "${province[0]}" --root-name "${province[1]}")
if [ ! -e /etc/oms-seal/journal_key.pem ]; then
  say "first set-up"
  own=(); for line in "${settings[@]}"; do case "$line" in OMS_JOURNAL_KEY=*) ;; *) own+=("$line") ;; esac; done
  all=("${settings[@]}"); settings=("${own[@]}")
  as_oms /opt/oms/.venv/bin/oms setup "${named[@]}"
  settings=("${all[@]}")
  # the key that signs the journal leaves the web server's reach for good
  install -m 400 -o oms-seal -g oms /var/lib/oms/keys/journal_key.pem /etc/oms-seal/journal_key.pem
  rm -f /var/lib/oms/keys/journal_key.pem
  chmod 710 /var/lib/oms/keys
  chmod 640 /var/lib/oms/keys/journal_key.pub
else
  as_oms /opt/oms/.venv/bin/oms setup "${named[@]}"
fi

if [ -n "$running" ]; then
  timer=(); ! grep -q '^OMS_BACKUP=.' /etc/oms/oms.env || timer=(oms-backup.timer)  # once places of backup are named
  systemctl enable --quiet oms.target "oms-work@$workers.service" oms-web oms-watch oms-index oms-seal oms-metrics "${timer[@]}"
  systemctl start oms.target "oms-work@$workers.service" "${timer[@]}"
  ! systemctl is-active --quiet nginx || systemctl reload nginx
  say "started: systemctl status 'oms-*'; journalctl -u 'oms-*'"
else
  say "nothing was started: systemctl enable --now oms.target oms-work@$workers.service"
fi
say "done: version $version; go on with operators.md, First start"
