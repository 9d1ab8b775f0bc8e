"""The excerpt of generated code: complete statements of consecutive source lines, the same ones forward and backward."""

from __future__ import annotations

from report_samples import CODE

from harness.report.excerpt import find_excerpt

TEXT = CODE.format(first="x[i]")


def test_the_last_lines_that_stand_complete_in_both_directions():
    found = find_excerpt(TEXT)
    assert (found.first, found.last, found.statements) == (13, 15, (2, 1, 1))
    assert (found.forward_function, found.backward_function) == ("scale_01_cpu_kernel_forward", "scale_01_cpu_kernel_backward")
    assert found.forward == (
        "// a = x[i]  <L 13>\n"
        "var_2 = wp::address(var_x, var_0);\n"
        "var_3 = wp::load(var_2);\n"
        "// b = twice(a)  <L 14>\n"
        "var_4 = twice_0(var_3);\n"
        "// out[i] = b  <L 15>\n"
        "wp::array_store(var_out, var_0, var_4);"
    )
    assert found.backward == (
        "wp::adj_array_store(var_out, var_0, var_4, adj_out, adj_0, adj_4);\n"
        "// adj: out[i] = b  <L 15>\n"
        "adj_twice_0(var_3, adj_3, adj_4);\n"
        "// adj: b = twice(a)  <L 14>\n"
        "wp::adj_address(var_x, var_0, adj_x, adj_0, adj_2);\n"
        "// adj: a = x[i]  <L 13>"
    )


def test_every_statement_is_one_of_the_code():
    found = find_excerpt(TEXT)
    code = {line.strip() for line in TEXT.splitlines()}
    shown = [line for part in (found.forward, found.backward) for line in part.splitlines() if not line.startswith("//")]
    assert len(shown) == 7
    assert code.issuperset(shown)


def test_cuda_code_has_the_same_form():
    text = TEXT.replace("static void", 'extern "C" __global__ void').replace("_cpu_", "_cuda_")
    assert find_excerpt(text).forward_function == "scale_01_cuda_kernel_forward"


def test_a_line_that_is_there_twice_is_left_out():
    again = "        // out[i] = b  <L 15>\n        wp::array_store(var_out, var_0, var_4);\n"
    assert find_excerpt(TEXT.replace("    }\n}\n", again + "    }\n}\n", 1)).last == 14


def test_a_jump_is_left_out():
    assert find_excerpt(TEXT.replace("wp::array_store(", "goto label0; (", 1)).last == 14


def test_one_line_alone_is_no_excerpt():
    assert find_excerpt(TEXT.replace("adj_twice_0(var_3, adj_3, adj_4);", "{ }")) is None


def test_text_without_kernel_functions_has_none():
    assert find_excerpt("") is None
    assert find_excerpt("void f() {}\n") is None
