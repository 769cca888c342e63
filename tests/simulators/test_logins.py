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


@pytest.mark.parametrize("content", [None, "", "device_id,login\nzb-1,zb-1\n", b"\xff\xfe"])
def test_another_file_is_refused_by_name(tmp_path, content):
    file = tmp_path / "logins.csv"
    if content is not None:
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SimulatorError, match=r"logins\.csv .*tongxing device credentials"):
        logins.read(file)
