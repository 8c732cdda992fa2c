"""The journal: appended, on disk, and an edited line is noticed."""

import json
import resource
import threading

import pytest

from services.lifecycle.releasing.journal import Journal, JournalError


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "state" / "journal.jsonl")


def test_entries_come_back_in_order(journal):
    for move in ("release", "alias"):
        journal.append(operation="o1", move=move)

    assert [(e["number"], e["move"]) for e in journal.entries("o1")] == [
        (1, "release"),
        (2, "alias"),
    ]


def test_an_edited_line_is_noticed(journal):
    for number in range(3):
        journal.append(operation="o1", move=f"m{number}")
    lines = journal.path.read_text().splitlines()
    lines[1] = lines[1].replace("m1", "mX")
    journal.path.write_text("\n".join(lines) + "\n")

    with pytest.raises(JournalError, match=r"journal\.jsonl:3: this line does not follow"):
        journal.entries()


def test_a_removed_line_is_noticed(journal):
    for number in range(3):
        journal.append(operation="o1", move=f"m{number}")
    lines = journal.path.read_text().splitlines()
    journal.path.write_text("\n".join([lines[0], lines[2]]) + "\n")

    with pytest.raises(JournalError):
        journal.entries()


def test_a_line_that_broke_off_is_no_entry_and_the_next_one_takes_its_place(journal):
    journal.append(operation="o1", move="release")
    with journal.path.open("a") as file:
        file.write('{"number": 2, "move": "al')

    journal.append(operation="o1", move="alias")

    assert [entry["move"] for entry in journal.entries()] == ["release", "alias"]


def test_many_who_write_at_once_keep_the_chain(journal):
    def write(name):
        for _ in range(10):
            journal.append(operation=name, move="m")

    threads = [threading.Thread(target=write, args=(f"o{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(journal.entries()) == 40
    assert len(journal.entries("o1")) == 10


def test_each_line_is_json_with_its_time(journal):
    journal.append(operation="o1", move="release")

    entry = json.loads(journal.path.read_text())
    assert entry["at"].endswith("+00:00")
    assert len(entry["previous"]) == 64


def test_an_entry_that_the_disk_takes_only_in_part_is_no_entry(journal):
    journal.append(operation="o1", move="release")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.path.stat().st_size + 30, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            journal.append(operation="o1", move="alias")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert [entry["move"] for entry in journal.entries()] == ["release"]
    assert journal.append(operation="o1", move="alias")["number"] == 2
