"""JSON, XML and HL7 v2 as trees."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import IthacaError
from tests.workspaces.viewer.drawing import draw
from workspaces.viewer.renderer.structure import hl7, jsons, markup
from workspaces.viewer.renderer.structure.nodes import Node, window
from workspaces.viewer.trees import nested

ROOT = Path(__file__).resolve().parents[3]
REPORT = (ROOT / "tests" / "data" / "hl7v2" / "ORU_R01_2.5.1_SampleTestCase1.hl7").read_bytes()
VISIT = (ROOT / "walkthrough" / "histories" / "observation-example.json").read_bytes()
JSON, XML, HL7 = "application/json", "application/xml", "application/hl7-v2"


def tree(content: bytes, media_type: str, page: int | None = 1) -> dict[str, Any]:
    return draw("tree", content, media_type, page).facts


def said(nodes: list[dict[str, Any]]) -> list[tuple[int, str, str]]:
    return [(node["depth"], node["name"], node["value"]) for node in nodes]


def test_json_is_a_tree_with_every_digit_and_in_its_order() -> None:
    content = b'{"b": 1.50, "a": [true, null, "x\\u00e9"], "b": {}}'
    assert said(tree(content, JSON)["nodes"]) == [
        (0, "", "3 entries"),
        (1, "b", "1.50"),
        (1, "a", "3 entries"),
        (2, "0", "true"),
        (2, "1", "null"),
        (2, "2", '"xé"'),
        (1, "b", "0 entries"),
    ]


def test_a_resource_of_fhir_says_which_it_is() -> None:
    facts = tree(VISIT, "application/fhir+json")
    assert facts["nodes"][0]["value"].startswith("Observation, ")
    assert ("status", '"final"') in [(node["name"], node["value"]) for node in facts["nodes"]]


def test_a_large_tree_comes_in_pages_that_say_where_they_begin() -> None:
    content = json.dumps({"entry": [{"id": number} for number in range(500)]}).encode()
    pages = tree(content, JSON, None)["pages"]
    assert pages == 3
    second = tree(content, JSON, 2)["nodes"]
    assert said(second[:2]) == [(0, "", "1 entry"), (1, "entry", "500 entries")]
    ids = [node["value"] for page in (1, 2, 3) for node in tree(content, JSON, page)["nodes"] if node["name"] == "id"]
    assert ids == [str(number) for number in range(500)]


def test_a_page_behind_the_end_of_a_tree_is_refused() -> None:
    with pytest.raises(IthacaError, match="There is no page 2: it has 1"):
        tree(b"{}", JSON, 2)


def test_xml_is_a_tree_of_elements_and_attributes() -> None:
    content = b'<?xml version="1.0"?><Patient xmlns="http://hl7.org/fhir"><id value="7"/><b>bold</b> text<c/></Patient>'
    assert said(tree(content, "application/fhir+xml")["nodes"]) == [
        (0, "Patient", ""),
        (1, "@xmlns", "http://hl7.org/fhir"),
        (1, "id", "7"),
        (1, "b", "bold"),
        (1, "", "text"),
        (1, "c", ""),
    ]


def test_messages_are_segments_fields_and_components() -> None:
    nodes = tree(REPORT, HL7)["nodes"]
    named = {node["name"]: node["value"] for node in nodes}
    assert (named["PID"], named["PID-5 Name"], named["PID-5.2"]) == ("Patient", "Johnson · Philip", "Philip")
    assert (named["OBX-5 Value"], named["OBX-11 Result status"]) == ("50", "F")
    assert named["MSH-9 Message type"] == "ORU · R01 · ORU_R01"
    assert [node["name"] for node in nodes if node["depth"] == 0] == ["MSH", "SFT", "PID", "ORC", "OBR", "OBX", "SPM"]


def test_marks_of_a_message_are_those_that_it_names() -> None:
    content = b"MSH#*+?$#lab\rOBX#1#ST#a*b##x?F?y?.br?z+w\rZZZ#1\rno segment\r"
    assert said(tree(content, HL7)["nodes"])[4:] == [
        (0, "OBX", "Observation"),
        (1, "OBX-1 Set", "1"),
        (1, "OBX-2 Value type", "ST"),
        (1, "OBX-3 Observation", "a · b"),
        (2, "OBX-3.1", "a"),
        (2, "OBX-3.2", "b"),
        (1, "OBX-5 Value", "x#y\nz"),
        (1, "OBX-5 Value", "w"),
        (0, "ZZZ", ""),
        (1, "ZZZ-1", "1"),
        (0, "", "no segment"),
    ]


@pytest.mark.parametrize(
    ("media_type", "content"),
    [
        (JSON, b'{"a": '),
        (JSON, b"[" * 200_000),
        (JSON, b'"' + b"x" * 5_000_000 + b'"'),
        (JSON, b""),
        (XML, b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>"),
        (XML, b"<a><b></a>"),
        (XML, b"<a>" * 100_000),
        (XML, b"<?xml version='1.0' encoding='nothing'?><a/>"),
        (HL7, b"PID|1"),
    ],
)
def test_what_is_no_tree_is_shown_as_the_text_it_is(media_type: str, content: bytes) -> None:
    facts = tree(content, media_type)
    assert "nodes" not in facts
    assert facts["lines"] is not None
    assert tree(content, media_type, None)["pages"] >= 1


def test_what_is_deep_stands_in_one_line() -> None:
    depth = max(node["depth"] for node in tree(b"[" * 900 + b"]" * 900, JSON)["nodes"])
    assert depth == 60


def test_a_long_value_is_cut_and_says_so() -> None:
    node = tree(json.dumps(["x" * 9000]).encode(), JSON)["nodes"][1]
    assert node["value"].endswith("… (9,002 letters)")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=30,
)


@settings(max_examples=100, deadline=None)
@given(JSON_VALUES, st.integers(0, 40))
def test_a_window_never_opens_what_it_does_not_close(value: Any, start: int) -> None:
    path, nodes, count = window(jsons.nodes(json.dumps(value).encode()), start, 7)
    shown = nested([node.__dict__ for node in (*path, *nodes)])
    begun = sum(one.get("group", False) for one in shown)
    assert begun == sum(len(one["ends"]) for one in shown)
    assert len(nodes) == max(min(7, count - start), 0)
    assert all(group.group for group in path)


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("MSHPID|^~\\&\rF1"), max_size=60))
def test_any_message_is_a_tree(text: str) -> None:
    assert all(isinstance(node, Node) for node in hl7.nodes(b"MSH" + text.encode()))


def test_a_depth_that_lies_ends_nothing_that_never_began() -> None:
    lies = [{"depth": depth, "group": False} for depth in (5, -3, 0)]
    assert [len(one["ends"]) for one in nested(lies)] == [0, 0, 0, 0]


def test_elements_within_each_other_have_an_end() -> None:
    nodes = list(markup.nodes(b"<a>" * 100 + b"<b/>" + b"</a>" * 100))
    assert (max(node.depth for node in nodes), nodes[-1].value) == (60, "…")
