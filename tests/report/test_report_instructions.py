"""The excerpt of PTX and SASS: the instructions up to the last write to memory of the forward entry point."""

from __future__ import annotations

import pytest
from report_samples import PTX

from harness.report.instructions import MOST_INSTRUCTIONS, find_instructions
from harness.report.instructions import PTX as PTX_FORM
from harness.report.instructions import SASS as SASS_FORM

FORWARD = "scale_01_cuda_kernel_forward"

SASS = """\
\t.section\t.text.scale_01_cuda_kernel_forward,"ax",@progbits
        .type           scale_01_cuda_kernel_forward,@function
scale_01_cuda_kernel_forward:
.text.scale_01_cuda_kernel_forward:
        /*0000*/                   LDC R1, c[0x0][0x28] ;
        /*0010*/               @P0 EXIT ;
.L_x_1:
        /*0020*/                   LDG.E R2, desc[UR4][R2.64] ;
        /*0030*/                   FADD R5, R2, R2 ;
        /*0040*/              @!P1 STG.E desc[UR4][R4.64], R5 ;
        /*0050*/                   STS [R6], RZ ;
        /*0060*/                   EXIT ;
        .type           $helper,@function
$helper:
        /*0070*/                   STG.E desc[UR4][R8.64], R9 ;
//--------------------- .text.scale_01_cuda_kernel_backward --------------------------
"""


def test_ptx_ends_in_the_last_write_to_global_memory_and_starts_after_the_label():
    found = find_instructions(PTX, FORWARD, PTX_FORM)
    assert found.text == "ld.global.f32 %f1, [%rd3];\nadd.f32 %f2, %f1, %f1;\nst.global.f32 [%rd4], %f2;"
    assert (found.function, found.write, found.total) == (FORWARD, "st.global.f32", 7)


def test_sass_ends_in_the_last_write_to_global_memory_of_the_entry_point_itself():
    found = find_instructions(SASS, FORWARD, SASS_FORM)
    assert found.text == "LDG.E R2, desc[UR4][R2.64] ;\nFADD R5, R2, R2 ;\n@!P1 STG.E desc[UR4][R4.64], R5 ;"
    assert (found.write, found.total) == ("STG.E", 7)


@pytest.mark.parametrize("write", ["red.global.add.f32", "atom.global.add.f32", "st.f32", "@%p3 st.global.v2.u32"])
def test_other_writes_to_global_memory_count(write):
    found = find_instructions(PTX.replace("st.global.f32 \t[%rd4]", f"{write} \t[%rd4]"), FORWARD, PTX_FORM)
    assert found.write == write.split()[-1]


@pytest.mark.parametrize("write", ["st.local.f32", "st.shared.f32", "st.param.f32", "mov.f32"])
def test_a_kernel_without_such_a_write_has_no_excerpt(write):
    assert find_instructions(PTX.replace("st.global.f32 \t[%rd4]", f"{write} \t[%rd4]"), FORWARD, PTX_FORM) is None


def test_a_jump_is_not_shown():
    assert find_instructions(PTX.replace("add.f32", "@%p2 bra"), FORWARD, PTX_FORM).text == "st.global.f32 [%rd4], %f2;"


def test_a_long_block_is_cut():
    text = PTX.replace("\tadd.f32", "\tmul.f32 \t%f3, %f3, %f3;\n" * 40 + "\tadd.f32")
    lines = find_instructions(text, FORWARD, PTX_FORM).text.splitlines()
    assert len(lines) == MOST_INSTRUCTIONS
    assert lines[-2:] == ["add.f32 %f2, %f1, %f1;", "st.global.f32 [%rd4], %f2;"]


def test_the_other_entry_point_is_another():
    assert find_instructions(PTX, "scale_01_cuda_kernel_backward", PTX_FORM).text == "st.global.f32 [%rd9], %f9;"
    assert find_instructions(PTX, "other", PTX_FORM) is None
