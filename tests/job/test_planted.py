"""Four guilty kernels in a batch of 32 real ones: they fail, each with its reason, and the other 28 become records."""

REASONS = {
    "stencil-000003": "crash: SIGSEGV",
    "stencil-000011": "timeout:",
    "stencil-000019": "compile:",
    "stencil-000027": "crash: SIGFPE",
}


def test_only_the_guilty_fail(job):
    done = job("-p", "planted", "--count=32", "--batch-size=32", "--family=stencil", "--optimization-level=0", fake=False)
    assert done.status == 1
    failures = {f["case"]: f["reason"] for f in done.summary["failures"]}
    assert set(failures) == set(REASONS), done.output
    for case_id, reason in REASONS.items():
        assert failures[case_id].startswith(reason), failures[case_id]
    cases = done.summary["cases"]
    assert (cases["failed"], cases["passed"], cases["harvested"]) == (4, 28, 28)
