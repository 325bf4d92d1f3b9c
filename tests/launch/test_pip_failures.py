"""pip's last words, as it wrote them, and the sentence that a person gets."""

import pytest

from launching.pip_failures import explain

MISSING = """\
ERROR: Could not find a version that satisfies the requirement faiss-gpu==1.15.1 (from versions: none)
ERROR: No matching distribution found for faiss-gpu==1.15.1
"""
UNREACHABLE = """\
WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection \
broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>: Failed to \
establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/gradio/
ERROR: Could not find a version that satisfies the requirement gradio==6.31.0 (from versions: none)
ERROR: No matching distribution found for gradio==6.31.0
"""
BROKEN_OFF = """\
pip._vendor.urllib3.exceptions.ProtocolError: ('Connection broken: IncompleteRead(1 bytes read)')
  File "x.py" /packages/aa/bb/torch-2.14.1-cp311-cp311-manylinux_2_28_x86_64.whl
"""


def test_missing_wheel_names_package_and_python() -> None:
    sentence = explain(MISSING, "requirements.txt", "3.12")

    assert sentence.startswith("faiss-gpu==1.15.1 cannot be had for Python 3.12")


def test_missing_in_a_folder_of_wheels_says_how_to_fill_it() -> None:
    sentence = explain(MISSING, "requirements.txt", "3.12", "/media/wheels")

    assert sentence.startswith("faiss-gpu==1.15.1 is not in /media/wheels")
    assert "python3.12 -m pip download" in sentence


def test_no_network_is_not_taken_for_a_missing_package() -> None:
    sentence = explain(UNREACHABLE, "requirements.txt", "3.12")

    assert sentence.startswith("gradio could not be downloaded: the network failed.")
    assert "--wheels DIR" in sentence


def test_a_broken_download_names_the_file_under_way() -> None:
    assert explain(BROKEN_OFF, "requirements.txt", "3.12").startswith("torch could not be downloaded")


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "ran full",
        ),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "damaged"),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/x'",
            "may not write",
        ),
        (
            "ERROR: Cannot install a==1 and b==2 because these package versions have conflicting",
            "a==1 and b==2",
        ),
        ("ERROR: Failed to build pydub", "pydub cannot be had"),
        ("ERROR: something new", "pip could not install requirements.txt"),
    ],
)
def test_other_failures_have_a_next_step(errors: str, expected: str) -> None:
    sentence = explain(errors, "requirements.txt", "3.12")

    assert expected in sentence
    assert "\n" in sentence  # the second line is what to do
