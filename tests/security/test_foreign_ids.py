"""Ids of another hospital inside bodies and queries: as if they did not exist."""

from __future__ import annotations

from coverslip.testing.world import PATIENT_NAME, World
from coverslip.vocabulary.roles import Role


def test_a_case_is_not_given_to_another_hospitals_person(world: World) -> None:
    foreign = str(world.provincial.people[Role.PATHOLOGIST].id)
    head = world.client(Role.HEAD)
    revision = head.get(f"/cases/{world.county.case}").json()["revision"]
    answer = head.patch(f"/cases/{world.county.case}", json={"revision": revision, "assigned_to_id": foreign})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "ASSIGNEE_UNFIT")


def test_a_report_does_not_cite_another_hospitals_reading_or_picture(world: World) -> None:
    head = world.client(Role.HEAD)
    citing = {"revision": 1, "reading_ids": [str(world.provincial.reading)]}
    answer = head.put(f"/cases/{world.county.case}/report", json=citing)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "READING_NOT_OF_CASE")
    image = {"slide_id": str(world.provincial.slide), "x": 0, "y": 0, "width": 64, "height": 64, "caption": ""}
    answer = head.put(f"/cases/{world.county.case}/report", json={"revision": 1, "key_images": [image]})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "KEY_IMAGE_INVALID")


def test_a_slide_is_not_matched_to_another_hospitals_block(world: World) -> None:
    answer = world.client(Role.TECHNICIAN).post(
        f"/slides/{world.county.unmatched}/match", json={"block_id": str(world.provincial.block), "label": "A1-9"}
    )
    assert answer.status_code == 404


def test_the_trail_shows_the_own_hospital_alone(world: World) -> None:
    world.client(Role.HEAD, world.provincial).get(f"/cases/{world.provincial.case}")
    auditor = world.client(Role.AUDITOR)
    foreign = {"case_id": str(world.provincial.case)}
    assert auditor.get("/audit", params=foreign).json()["items"] == []
    person = str(world.provincial.people[Role.HEAD].id)
    assert auditor.get("/audit", params={"person_id": person}).json()["items"] == []
    assert auditor.get(f"/cases/{world.provincial.case}/audit").status_code == 404


def test_the_worklist_and_the_people_are_the_own_hospitals(world: World) -> None:
    head = world.client(Role.HEAD)
    cases = head.get("/cases", params={"q": PATIENT_NAME}).json()["items"]
    assert [case["id"] for case in cases] == [str(world.county.case)]
    organizations = {person["organization"]["code"] for person in head.get("/people").json()["items"]}
    assert organizations == {"QH"}


def test_a_cursor_of_another_hospital_opens_nothing(world: World) -> None:
    head, foreign_head = world.client(Role.HEAD), world.client(Role.HEAD, world.provincial)
    for number in range(2):
        registered = world.client(Role.TECHNICIAN, world.provincial).post(
            "/cases",
            json={
                "accession_number": f"PV-CURSOR-{number}",
                "patient": {"patient_number": f"PV-C{number}", "name": "王芳", "sex": "female"},
                "specimens": [{"label": "A", "site_code": "76752008", "procedure": "core_biopsy"}],
            },
        )
        assert registered.status_code == 201, registered.text
    cursor = foreign_head.get("/cases", params={"limit": 1}).json()["next_cursor"]
    assert cursor is not None
    shown = head.get("/cases", params={"limit": 10, "cursor": cursor}).json()["items"]
    assert {case["id"] for case in shown} <= {str(world.county.case)}
