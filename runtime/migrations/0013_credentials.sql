-- Who may speak for which device, and as which service of ours. The broker's own files are made from this table
-- (ingest.identity), never the other way round. Digests only: a secret is shown once, when it is issued.

CREATE TABLE credentials ( -- writer: ingest
    credential_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Exactly one of these: a device, or a part of ours or a gateway that speaks for many.
    device_key    int REFERENCES devices ON DELETE CASCADE,
    service       text CHECK (service IN ('ingest', 'alerts', 'simulator', 'traccar', 'watch')),
    kind          text NOT NULL CHECK (kind IN ('password', 'certificate')),
    -- Which topics a device's credential opens: docs/wire.md.
    format        text NOT NULL DEFAULT 'native' CHECK (format IN ('native', 'owntracks', 'traccar', 'watch')),
    -- What the holder says at the broker; of a certificate, its common name.
    login         text NOT NULL CHECK (login ~ '^[A-Za-z0-9_~-]{1,70}$'),
    -- Of a password, in the forms that brokers read. Random secrets of 192 bits need no slow hash (decision 0011).
    pbkdf2_sha512 text,
    bcrypt        text,
    -- Of a certificate: SHA-256 of it and its serial number, both hexadecimal.
    fingerprint   text,
    serial        text,
    -- Real time, not the scaled clock, as of all that follow.
    issued_at     timestamptz NOT NULL DEFAULT now(),
    -- Whose login did it; null: the command line.
    issued_by     bigint REFERENCES users ON DELETE SET NULL,
    -- A certificate's end; null: none.
    expires_at    timestamptz,
    -- From here on it is refused; in the future while a rotation lets old and new overlap.
    revoked_at    timestamptz,
    revoked_by    bigint REFERENCES users ON DELETE SET NULL,
    CHECK ((device_key IS NULL) <> (service IS NULL)),
    CHECK ((kind = 'password') = (pbkdf2_sha512 IS NOT NULL)),
    CHECK ((kind = 'password') = (bcrypt IS NOT NULL)),
    CHECK ((kind = 'certificate') = (fingerprint IS NOT NULL)),
    CHECK ((kind = 'certificate') = (serial IS NOT NULL))
);
CREATE UNIQUE INDEX credentials_login ON credentials (login) WHERE kind = 'password' AND revoked_at IS NULL;
CREATE INDEX credentials_device ON credentials (device_key);
CREATE UNIQUE INDEX credentials_fingerprint ON credentials (fingerprint);

-- The broker's files follow: of credentials, and of devices that come or retire. Payload: empty.
CREATE FUNCTION announce_credentials() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('credentials', '');
    RETURN NULL;
END $$;
CREATE TRIGGER credentials_changed AFTER INSERT OR UPDATE OR DELETE ON credentials
    FOR EACH STATEMENT EXECUTE FUNCTION announce_credentials();
CREATE TRIGGER devices_retired AFTER UPDATE OF retired_at OR DELETE ON devices
    FOR EACH STATEMENT EXECUTE FUNCTION announce_credentials();
-- Ingest judges by them too: in which format a device with a credential may be heard.
CREATE FUNCTION announce_wearer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('registry', person_id::text) FROM devices
    WHERE device_key = coalesce(NEW.device_key, OLD.device_key) AND person_id IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER credentials_of_a_wearer AFTER INSERT OR UPDATE OR DELETE ON credentials
    FOR EACH ROW EXECUTE FUNCTION announce_wearer();

-- Strangers are listed by who they say they are: how often, and since when.
CREATE INDEX quarantine_strangers ON quarantine (device_id, received_at) WHERE reason = 'unknown_device';
