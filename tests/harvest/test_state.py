"""GENERATION_STATE.md: read and written in one form only."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.state import PHASES, STATUSES, State, StateError, parse, read_state, write_state

TEXT = """\
# Generation State
- **Phase**: P1 (CPU)
- **Status**: in_progress

## Next Action
Run `make data`.

## Key Findings
- Compiling is nearly everything.
- Gradients agree.

## Session Log
- 2026-01-02: started
- 2026-01-03: went on
"""
STATE = State(
    "P1",
    "in_progress",
    "Run `make data`.",
    ("Compiling is nearly everything.", "Gradients agree."),
    ((date(2026, 1, 2), "started"), (date(2026, 1, 3), "went on")),
)

lines = st.text(st.characters(blacklist_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1).map(str.strip).filter(bool)
actions = st.lists(lines.filter(lambda line: not re.match(r"#+ ", line)), min_size=1, max_size=4).map("\n".join)
states = st.builds(
    State,
    st.sampled_from(list(PHASES)),
    st.sampled_from(STATUSES),
    actions,
    st.lists(lines).map(tuple),
    st.lists(st.tuples(st.dates(), lines)).map(tuple),
)


def test_the_form_is_read_and_written():
    assert parse(TEXT) == STATE
    assert STATE.render() == TEXT


@given(states)
def test_what_is_written_is_read_back(state):
    assert parse(state.render()) == state


def test_an_empty_log_and_no_findings_are_read_back():
    state = State("P3", "completed", "None.")
    assert parse(state.render()) == state


@given(st.text(max_size=5), st.integers(0, len(TEXT)), st.integers(0, 30))
def test_any_other_text_is_refused_with_one_line_or_read_as_it_is(inserted, start, length):
    text = TEXT[:start] + inserted + TEXT[start + length :]
    problem = problem_of(text)
    assert parse(text).render() == text if problem is None else len(problem.splitlines()) == 1


def problem_of(text):
    try:
        parse(text)
    except StateError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("# Generation State", "# State", "line 1 is not of the form '# Generation State': correct it"),
        ("P1 (CPU)", "P1", "line 2 is not of the form '- **Phase**: P1 (CPU)': correct it"),
        ("P1 (CPU)", "P4 (CPU)", "line 2: unknown phase 'P4 (CPU)': use one of P1 (CPU), P2 (CUDA), P3 (Report)"),
        ("P1 (CPU)", "P1 (CUDA)", "line 2: unknown phase 'P1 (CUDA)': use one of P1 (CPU), P2 (CUDA), P3 (Report)"),
        ("in_progress", "done", "unknown status 'done': use one of in_progress, completed"),
        ("in_progress\n", "in_progress\n- more\n", "line 4 is not of the form 'an empty line': correct it"),
        ("## Key Findings\n", "", "it has 0 sections '## Key Findings': there must be one"),
        ("## Next Action", "## Session Log", "it has 0 sections '## Next Action': there must be one"),
        ("- Gradients agree.", "Gradients agree.", "line 10 is not of the form '- <finding>': correct it"),
        ("Run `make data`.\n\n", "Run `make data`.\n", "line 7: a section must have an empty line before it: add one"),
        ("- 2026-01-03: went on", "- went on", "line 14 is not of the form '- <date>: <activity>': correct it"),
        ("2026-01-03", "2026-13-03", "line 14: 2026-13-03 is not a date: correct it"),
        ("went on\n", "went on", "it does not end with a newline: add one"),
        ("Run `make data`.", "", "the next action '' is empty, padded, or holds a heading: write plain lines"),
    ],
)
def test_a_malformed_text_is_one_line(tmp_path, old, new, message):
    path = tmp_path / "GENERATION_STATE.md"
    assert old in TEXT
    path.write_text(TEXT.replace(old, new, 1))
    with pytest.raises(StateError) as error:
        read_state(path)
    assert str(error.value) == f"{path}: {message}"


def test_sections_out_of_order_are_refused():
    swapped = TEXT.replace("## Next Action", "## X").replace("## Key Findings", "## Next Action").replace("## X", "## Key Findings")
    with pytest.raises(StateError, match="its sections are not in the order Next Action, Key Findings, Session Log"):
        parse(swapped)


def test_a_file_that_cannot_be_read_or_written_is_one_line(tmp_path):
    path = tmp_path / "none" / "GENERATION_STATE.md"
    for attempt in (lambda: read_state(path), lambda: write_state(path, STATE)):
        with pytest.raises(StateError, match=rf"^{re.escape(str(path))} cannot be (read|written) \(No such file or directory\)$"):
            attempt()
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(StateError, match=r"is not text in UTF-8$"):
        read_state(tmp_path / "binary")


def test_the_file_is_written_and_read(tmp_path):
    write_state(tmp_path / "GENERATION_STATE.md", STATE)
    assert read_state(tmp_path / "GENERATION_STATE.md") == STATE


def test_phases_advance_to_the_end():
    state, seen = STATE, []
    for _ in range(4):
        state = state.advance("Next.")
        seen.append((state.phase, state.status))
    assert seen == [("P2", "in_progress"), ("P3", "in_progress"), ("P3", "completed"), ("P3", "completed")]
    assert state.next_action == "Next."


def test_updates_keep_the_rest():
    assert STATE.with_next_action("Look.") == State("P1", "in_progress", "Look.", STATE.findings, STATE.log)
    assert STATE.with_finding("New.").findings == (*STATE.findings, "New.")
    assert STATE.with_finding("Gradients agree.") is STATE
    assert STATE.with_activity(date(2026, 2, 1), "stopped").log[-1] == (date(2026, 2, 1), "stopped")


@pytest.mark.parametrize("line", ["", " padded", "two\nlines", "two\u2028lines"])
def test_a_finding_is_one_plain_line(line):
    with pytest.raises(StateError, match="is not one plain line: findings and activities are one line each"):
        STATE.with_finding(line)
    with pytest.raises(StateError, match="is not one plain line"):
        STATE.with_activity(date(2026, 1, 1), line)


@pytest.mark.parametrize("action", ["", "Run.\n## Session Log", " padded", "a\x0bb"])
def test_a_next_action_stays_in_its_section(action):
    with pytest.raises(StateError, match="is empty, padded, or holds a heading"):
        STATE.with_next_action(action)


def test_the_projects_own_state_has_the_form():
    assert read_state(Path(__file__).parents[2] / "GENERATION_STATE.md").phase in PHASES
