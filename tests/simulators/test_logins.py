"""Logins of devices, from the file that the command wrote."""

import pytest

from api.credentials import batch
from ingest.identity.credential import Format, Holder, Issued
from simulators import logins
from simulators.errors import SimulatorError


def issued(device_id, login, secret):
    return Issued(credential_id=1, holder=Holder(device_id=device_id), format=Format.NATIVE, login=login, secret=secret)


def test_what_the_command_wrote_is_read(tmp_path):
    file = tmp_path / "logins.csv"
    file.write_text(batch.table([issued("zb-1", "zb-1", 's,e"c'), issued("zb-1", "zb-1~2", "new")]))
    assert logins.read(file) == {"zb-1": ("zb-1~2", "new")}


def test_devices_without_a_login_are_named(tmp_path):
    file = tmp_path / "logins.csv"
    file.write_text(batch.table([issued("zb-1", "zb-1", "s")]))
    assert logins.of_all(file, ["zb-1"]) == {"zb-1": ("zb-1", "s")}
    with pytest.raises(SimulatorError, match=r"logins\.csv has no login of zb-2: .*credentials export"):
        logins.of_all(file, ["zb-1", "zb-2"])
    with pytest.raises(SimulatorError, match=r"no login of zb-2 and 2 others"):
        logins.of_all(file, ["zb-2", "zb-1", "zb-3", "zb-4"])


@pytest.mark.parametrize("content", [None, "", "device_id,login\nzb-1,zb-1\n", b"\xff\xfe"])
def test_another_file_is_refused_by_name(tmp_path, content):
    file = tmp_path / "logins.csv"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SimulatorError, match=r"logins\.csv .*tongxing device credentials"):
        logins.read(file)
