#!/bin/sh
# Mosquitto in a container: our settings with this image's paths, closed as soon as a credential was issued, with
# TLS for devices as soon as there is a certificate. Reads again what Tongxing writes, without a restart.
set -eu
ours=${OURS:-/mosquitto/ours}
access=${ACCESS:-/access}
certificates=${CERTIFICATES:-/certificates}
data=${DATA:-/mosquitto/data}
run=${RUN:-/tmp/mosquitto}
user=${RUN_AS:-mosquitto}
services=${SERVICES:-1883}
devices=${DEVICES:-8883}

files() {
    ls -iln "$access" "$certificates" 2>/dev/null || true
}

# Copies that Mosquitto's own user can read, whoever wrote the originals.
configure() {
    mkdir -p "$run"
    for file in "$access/passwords" "$access/access" "$certificates"/*.pem "$certificates"/*.key; do
        if [ -f "$file" ]; then
            cp "$file" "$run/.new" && chown "$user" "$run/.new" && chmod 600 "$run/.new"
            mv "$run/.new" "$run/${file##*/}"
        fi
    done
    sed -e "s|^listener 1883 127.0.0.1|listener $services|" -e "s|^persistence_location .*|persistence_location $data/|" \
        "$ours/mosquitto.conf" > "$run/mosquitto.conf"
    echo "user $user" >> "$run/mosquitto.conf"
    # Services too have a login from the first credential on; until then the containers' network is open.
    if grep -q : "$run/passwords" 2>/dev/null; then
        sed -e "s|/var/lib/tongxing/broker/|$run/|" -e "s|/etc/tongxing/certificates/|$run/|" \
            -e "s|^listener 8883|listener $devices|" "$ours/devices.conf" > "$run/devices.conf"
        [ -f "$run/server.pem" ] || sed -i '/^# Devices, with TLS/,$d' "$run/devices.conf"
        cat "$run/devices.conf" >> "$run/mosquitto.conf"
    fi
    chown "$user" "$run" "$run/mosquitto.conf"
}

before=$(files)
configure
mosquitto -c "$run/mosquitto.conf" &
broker=$!
trap 'kill -TERM $broker' TERM INT
while kill -0 $broker 2>/dev/null; do
    sleep 1 & wait $! || true
    now=$(files)
    if [ "$now" != "$before" ]; then
        before=$now
        configure
        kill -HUP $broker
    fi
done
wait $broker
