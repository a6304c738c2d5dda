from openapi import Severity
from openapi.report import Report
from tests.openapi.samples import a_document


def test_the_same_fault_at_the_same_place_is_told_once():
    report = Report(a_document())

    report.add("no-operations", "/paths")
    report.add("no-operations", "/paths")

    assert len(report.findings()) == 1


def test_findings_come_in_the_order_of_the_text():
    report = Report(a_document())

    report.add("no-operations", "/paths")
    report.add("field-missing", "/info", name="title", owner="x")

    assert [one.pointer for one in report.findings()] == ["/info", "/paths"]


def test_beyond_a_hundred_the_last_finding_says_so_and_errors_are_kept_first():
    report = Report(a_document())
    for number in range(200):
        report.add("security-undeclared", "/info", name=number)
    report.add("no-operations", "/paths")

    findings = report.findings()

    assert len(findings) == 101
    assert findings[-1].rule == "too-many-findings"
    assert sum(one.severity is Severity.ERROR for one in findings) == 1


def test_a_report_stops_taking_when_it_is_full():
    report = Report(a_document())
    for number in range(2000):
        report.add("security-undeclared", "/info", name=number)

    assert report.full
    assert len(report.findings()) == 101
