"""What the disk refused, in words: the file, why, and the mend."""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTEMPTY, errno.EEXIST)


def refused(error: OSError, root: Path) -> str:
    """A line for an `OSError`, whose file is named as seen from `root`; without a full stop, for what follows."""
    if isinstance(error, shutil.Error) and (found := re.search(r"\[Errno (\d+)\]", str(error.args[0][0][-1]))):
        source, target, _ = error.args[0][0]  # of a whole folder that was copied, the first file that could not be
        error = OSError(int(found[1]), os.strerror(int(found[1])), source, None, target)
    said = error.filename2 or error.filename  # of a file that was to be put in another's place, that place
    path = Path(os.fsdecode(said)) if isinstance(said, (str, bytes)) else root / "_build"
    for above in [path, *path.parents]:
        if not above.is_relative_to(root) or above == root:
            break
        if above.is_symlink() and not above.exists():
            return f"{_named(above, root)} is a link to {os.readlink(above)}, which is not there; remove the link"
        if above.is_file() and error.errno in (errno.EEXIST, errno.ENOTDIR):
            return f"{_named(above, root)} is a file where a folder belongs; remove it or give it another name"
    if error.errno == errno.EISDIR:
        return f"{_named(path, root)} is a folder where a file belongs; remove it or give it another name"
    mend = "look at it, or bring it back with `git checkout`"
    if error.errno in FULL:
        mend = "free some space or raise the file-size limit"
    elif error.errno in FORBIDDEN:
        foreign = [at for at in (path, path.parent) if at.exists() and at.stat().st_uid != os.geteuid()]
        whose = f" ({_named(foreign[0], root)} belongs to another user)" if foreign else ""
        mend = f"make it and its folder writable for you{whose}"
    return f"{_named(path, root)} cannot be read or written: {error.strerror}; {mend}"


def _named(path: Path, root: Path) -> str:
    if path == root:
        return "the folder of the report"
    return f"{path.relative_to(root)}" if path.is_relative_to(root) else f"{path}"
