"""Where a store lives: a folder with its databases and files, or a PostgreSQL address with such a folder beside it."""

from __future__ import annotations

import os
import re
import socket
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from analytics.errors import StoreError
from analytics.store.database.atomic_files import make_folder
from analytics.store.database.object_store import is_address

DEFAULT_FOLDER = "hepatrend-data"
_NETWORK = frozenset(
    """
    nfs nfs4 cifs smb2 smb3 smbfs ncpfs afs ceph glusterfs 9p lustre gpfs beegfs orangefs pvfs2 ocfs2 gfs2 vboxsf prl_fs
    davfs fuse.sshfs fuse.glusterfs fuse.ceph fuse.ceph-fuse fuse.s3fs fuse.gcsfuse fuse.rclone fuse.davfs2
    fuse.smbnetfs fuse.moosefs fuse.mfsmount fuse.vmhgfs-fuse fuse.juicefs
    """.split()
)
_ESCAPED = re.compile(r"\\([0-7]{3})")
"""A blank, a tab, a line's end or a backslash in the path of a mount (proc(5), /proc/mounts)."""


@dataclass(frozen=True)
class Place:
    """Addresses of everything that belongs to one store.

    Attributes:
        folder: snapshot, secret key, audit log and lock; for the embedded store the databases too.
        server: address of the PostgreSQL database, or None for the embedded store.
        shared: where hosts with a folder each find the snapshot's files: an object store, or a folder that all see;
            empty where there is one folder.
        host: name of this host among those; empty where there is one folder.
    """

    folder: Path
    server: URL | None = None
    shared: str = ""
    host: str = ""

    @classmethod
    def of(cls, url: str) -> Place:
        """Read an address: a folder, or ``postgresql+psycopg://user@host/name?folder=...``; with ``&snapshot=...`` (and
        ``&hostname=...``, the machine's own unless told) the folder is this host's alone.

        Raises:
            StoreError: the address cannot be read.
        """
        if "://" not in url:
            return cls(Path(url).absolute())
        try:
            address = make_url(url)
        except ArgumentError as error:
            raise StoreError(f"the store's address cannot be read: {error}") from error
        if address.get_backend_name() != "postgresql":
            raise StoreError(f"no store of the kind {address.drivername!r}; known: a folder, postgresql+psycopg://")
        folder = address.query.get("folder", os.environ.get("HEPATREND_FOLDER", DEFAULT_FOLDER))
        shared = str(address.query.get("snapshot", ""))
        if shared and not (is_address(shared) or Path(shared).is_absolute()):
            raise StoreError(f"snapshot={shared} in the store's address: give an absolute folder or s3://bucket/folder")
        return cls(
            Path(str(folder)).absolute(),
            address.set(drivername="postgresql+psycopg").difference_update_query(["folder", "snapshot", "hostname"]),
            shared,
            str(address.query.get("hostname", socket.gethostname())) if shared else "",
        )

    @property
    def is_server(self) -> bool:
        """True where the tables are on PostgreSQL."""
        return self.server is not None

    @property
    def log_number(self) -> int:
        """Which audit log of the store this is: hosts with a folder each have one each."""
        return zlib.crc32(self.host.encode()) % 2**31 if self.host else 1

    @property
    def truth(self) -> Path:
        """The embedded database of imported rows (WAL)."""
        return self.folder / "store.db"

    @property
    def working_state(self) -> Path:
        """The embedded database of small working state, so that an import never keeps a reader's note waiting."""
        return self.folder / "desk.db"

    @property
    def audit(self) -> Path:
        """The audit log, always a file of its own."""
        return self.folder / "audit.db"

    @property
    def secret(self) -> Path:
        """The key behind the opaque patient keys, outside every database."""
        return self.folder / "secret.key"

    @property
    def lock(self) -> Path:
        """Held by the one writer."""
        return self.folder / "writer.lock"

    @property
    def forward(self) -> Path:
        """Here while the store is brought forward to a newer version: until its snapshot was made anew."""
        return self.folder / "brought-forward.pending"

    @property
    def snapshot(self) -> Path:
        """Folder of the Parquet files of all kept generations."""
        return self.folder / "snapshot"

    @property
    def analyses(self) -> Path:
        """Folder of stored analyses."""
        return self.folder / "analyses"

    @property
    def spill(self) -> Path:
        """Folder for what an import holds until it is published; of a store that is read-only, one for its checks."""
        if self.read_only:
            return Path(tempfile.gettempdir()) / f"hepatrend-{os.getpid()}-spill"
        return self.folder / "spill"

    @property
    def backups(self) -> Path:
        """Default folder of backups."""
        return self.folder / "backups"

    @property
    def read_only(self) -> bool:
        """True where this process may not write into the folder: a copy on a read-only medium, another's store."""
        return self.folder.is_dir() and not os.access(self.folder, os.W_OK | os.X_OK)

    def exists(self) -> bool:
        """True where a store was made before (a server is asked later)."""
        return self.is_server or self.truth.is_file()

    @property
    def has_working_state(self) -> bool:
        """True where the database of working state is there; opening it for writing would make an empty one."""
        return self.is_server or self.working_state.is_file()

    def make(self) -> None:
        """Make the folders.

        Raises:
            StoreError: the folder lies on a network share, where SQLite's shared memory cannot work.
        """
        if self.read_only:
            return
        make_folder(self.folder)
        if not self.is_server and (kind := network_kind(self.folder)):
            raise StoreError(
                f"{self.folder} lies on a network share ({kind}), where the embedded store is not safe; "
                "use a local folder or a postgresql+psycopg:// address"
            )
        for folder in (self.snapshot, self.analyses, self.spill):
            make_folder(folder)


def network_kind(folder: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """File system type if the folder lies on a network share, else empty."""
    try:
        lines = [line.split(" ") for line in mounts.read_text("utf-8", "surrogateescape").split("\n")]
    except OSError:
        return ""
    where, deepest, kind = str(folder.resolve()), -1, ""
    for line in (fields for fields in lines if len(fields) > 2):
        at = _ESCAPED.sub(lambda found: chr(int(found[1], 8)), line[1])
        # of several at one place the last one lies on top: a share that is mounted when it is asked for
        if (where == at or where.startswith(at.rstrip("/") + "/")) and len(at) >= deepest:
            deepest, kind = len(at), line[2]
    return kind if kind in _NETWORK else ""
