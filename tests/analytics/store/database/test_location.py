"""A store on a network share is refused, however the share is mounted."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.errors import StoreError
from analytics.store import open_store
from analytics.store.database import location
from analytics.store.database.location import network_kind

ROOT = b"/dev/sda1 / ext4 rw 0 0\n"


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (b"", ""),
        (b"//host/lab %s cifs rw 0 0\n", "cifs"),
        (b"host:/lab %s nfs4 rw 0 0\n", "nfs4"),
        (b"systemd-1 %s autofs rw 0 0\nhost:/lab %s nfs4 rw 0 0\n", "nfs4"),
        (b"host:/lab %s nfs4 rw 0 0\ntmpfs %s tmpfs rw 0 0\n", ""),
        (b"x %s fuse.rclone rw 0 0\n", "fuse.rclone"),
        (b"x %s lustre rw 0 0\n", "lustre"),
        (b"/dev/sdb %s xfs rw 0 0\n", ""),
        (b"host:/other %s-other nfs4 rw 0 0\n", ""),
        (b"odd\n\nx /mnt/\xff\xfe nfs rw 0 0\n", ""),
    ],
)
@pytest.mark.parametrize("name", ["plain", "lab share", "tab\tand\\slash", "Labor-Ä"])
def test_the_mount_that_lies_on_top_tells_of_what_kind_a_folder_is(tmp_path, name, lines, kind):
    folder = tmp_path / name / "store"
    folder.mkdir(parents=True)
    place = str(folder.parent).replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011").encode()
    mounts = tmp_path / "mounts"
    mounts.write_bytes(ROOT + lines.replace(b"%s", place))
    assert network_kind(folder, mounts) == kind
    assert network_kind(folder, tmp_path / "none") == ""


def test_a_link_to_a_share_is_a_share_and_the_store_is_refused_there(tmp_path, monkeypatch):
    share, link = tmp_path / "lab share", tmp_path / "link"
    share.mkdir()
    link.symlink_to(share)
    mounts = tmp_path / "mounts"
    mounts.write_bytes(ROOT + f"//host/lab {str(share).replace(' ', chr(92) + '040')} smb3 rw 0 0\n".encode())
    known = network_kind
    monkeypatch.setattr(location, "network_kind", lambda folder: known(folder, mounts))
    with pytest.raises(StoreError, match=r"network share \(smb3\)"):
        open_store(str(link / "store"))
    assert not list(Path(share).rglob("*.db"))
