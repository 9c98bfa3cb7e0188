"""One letter with a mistake stops nobody else: it is left out, named, and what waits for it goes on when it is mended."""

import os

import lib
import test_campaign

GOOD = {"en": ("Good", "Good", "{{salutation}}\n\nGood.")}
# Each of them breaks one letter and no other, in its own way.
BROKEN = {
    "syntax": ("draft/de.md", lambda text: text + "\n{{never_closed\n", r"draft/de\.md:\d+:\d+: "),
    "part": ("draft/ko.md", lambda text: text.replace("subject:", "preheader:"), r"draft/ko\.md:1:1: .*no subject"),
    "variable": ("draft/en.md", lambda text: text + "\n{{nobody_declared_this}}\n", r"draft/en\.md:\d+:\d+: .*nobody_declared_this"),
    "description": ("draft/template.yaml", lambda text: "schema: [1\n", r"draft/template\.yaml:\d+"),
}


def lay(t, **keys):
    """Two letters, both in order."""
    for name in ("draft", "good"):
        folder = t.letter(name, **GOOD)
    t.configure(templates=folder, **keys)


def read(t, name):
    with open(os.path.join(t.dir, name), encoding="utf-8") as file:
        return file.read()


def spoil(t, how="syntax"):
    """The letter `draft` gets a mistake; what a message says of it, as a pattern."""
    file, change, pattern = BROKEN[how]
    t.write(f"templates/{file}", change(read(t, f"templates/{file}")))
    return pattern


def mend(t):
    t.letter("draft", **GOOD)


def notice(identity, template, **members):
    return {"version": 1, "id": identity, "template": template, "locale": "en", "to": {"email": f"{identity}@example.org"},
            "routing": {"method": "all", "channels": ["email"]}, **members}


def hand_over(t, *notices):
    return t.command("enqueue", "-", "--json", text="".join(lib.json.dumps(n) + "\n" for n in notices))


# the door


def test_what_names_a_sound_letter_is_handed_over_beside_one_with_a_mistake(t):
    lay(t)
    for how in BROKEN:
        mend(t)
        pattern = spoil(t, how)
        answer = hand_over(t, notice(f"good-{how}", "good"))
        t.equal((answer.status, [r["status"] for r in answer.lines()]), (0, ["queued"]), f"{how}: {answer.err}")
        both = hand_over(t, notice(f"draft-{how}", "draft"), notice(f"other-{how}", "good"))
        t.equal((both.status, [r["status"] for r in both.lines()]), (65, ["rejected", "queued"]), f"{how}: both: {both.err}")
        t.matches(both.out, pattern, f"{how}: the finding")
        check = t.command("check")
        t.equal(check.status, 65, f"{how}: check is as strict as ever")
        t.matches(check.out, pattern, f"{how}: and names it")
    t.equal(t.in_new([f"draft-{how}" for how in BROKEN]), [], "nothing of the letter with the mistake is queued")


def test_batches_of_a_sound_letter_are_handed_over_beside_one_with_a_mistake(t):
    lay(t)
    pattern = spoil(t)
    t.write("people.csv", "id,email,locale\r\n1,a@example.org,en\r\n")
    good = t.command("enqueue", "--template", "good", "--csv", "people.csv", "--id", "b-good")
    t.equal(good.status, 0, f"the sound one: {good.err}")
    draft = t.command("enqueue", "--template", "draft", "--csv", "people.csv", "--id", "b-draft")
    t.equal(draft.status, 65, "the other one")
    t.matches(draft.err, pattern, "the finding")
    t.check(not os.path.exists(os.path.join(t.spool, "new", "b-draft")), "nothing of it is queued")


def test_a_campaign_goes_its_way_beside_a_letter_with_a_mistake(t):
    file = test_campaign.prepare(t, people=3)
    neighbour = "templates/status-update/de.md"
    t.write(neighbour, test_campaign.read(t, neighbour) + "\n{{never_closed\n")
    for verb in (["campaign", "show", file], ["send", file, "--dry-run"], ["send", file, "--confirm", test_campaign.NAME]):
        answer = t.command(*verb)
        t.equal(answer.status, 0, f"{verb}: {answer.out}{answer.err}")
        t.check("status-update" not in answer.err, f"{verb}: what is not its own is not told: {answer.err}")
    own = "templates/service-restored/de.md"
    t.write(own, test_campaign.read(t, own) + "\n{{never_closed\n")
    answer = t.command("send", file, "--dry-run")
    t.equal(answer.status, 65, "its own letter")
    t.matches(answer.err, r"service-restored/de\.md:\d+:\d+: ", "the finding")


def test_a_mistake_in_what_all_letters_share_stops_as_before(t):
    lay(t, locales=os.path.join(t.dir, "nowhere"))
    answer = hand_over(t, notice("n1", "good"))
    t.equal(answer.status, 78, "no locales")
    lay(t)
    for name in ("draft", "good"):
        t.write(f"templates/{name}/de.md", "{{")
    answer = hand_over(t, notice("n2", "good"))
    t.equal(answer.status, 78, "no letter at all")
    t.matches(answer.err, r"draft/de\.md:\d+:\d+: ", "the finding")
