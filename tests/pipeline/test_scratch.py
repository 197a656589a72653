import subprocess
import sys
from pathlib import Path


def test_a_folder_whose_name_is_too_long_for_sockets_is_not_used_and_one_folder_is_enough(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    code = (
        "import tempfile\nfrom pipeline.scratch import keep_temporary_files_together as keep\n"
        "keep(); first = tempfile.gettempdir(); keep(); print(first == tempfile.gettempdir(), len(first))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"TMPDIR": str(deep), "PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
    )
    same, length = done.stdout.split()
    assert (same, int(length) < 60) == (b"True", True)
