"""Readers of several regions, and two people at once, from the drop to the mailbox."""

SEAT = {"de-AT": "Europe/Vienna", "en-US": "America/New_York", "ko-KR": "Asia/Seoul"}
WEISS = {"gender": "female", "title": "Dipl.-Ing. Dr.", "given_name": "Anna", "family_name": "Weiß"}
KIM = {"gender": "male", "given_name": "Paul", "family_name": "Kim"}
FIRST_LINES = {
    "de-AT": "Sehr geehrte Frau Dr. Weiß, sehr geehrter Herr Kim,",
    "en-US": "Dear Dr. Anna Weiß and Paul Kim,",
    "ko-KR": "Dr. Anna Weiß 고객님, Paul Kim 고객님께",
}
# 5 January 2026, 18:30 in Vienna
DATES = {"de-AT": "5. Jänner 2026", "en-US": "January 5, 2026", "ko-KR": "2026년 1월 6일"}


def test_each_region_reads_its_own_dates_and_both_people_are_greeted(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail))
    t.daemon.start()
    for locale, zone in SEAT.items():
        notice = t.notice("n-" + locale.lower(), locale=locale)
        notice["to"] = {"email": locale.lower() + "@example.org", "timezone": zone, "second": KIM, **WEISS}
        notice["data"]["as_of"] = "2026-01-05T17:30:00Z"
        t.equal(t.drop(notice), 0, f"exit status of the drop of {locale}")
    t.wait(lambda: len(mail.accepted()) == len(SEAT), 20, "a mail for each region")
    for locale in SEAT:
        text = mail.mail_to(locale.lower() + "@example.org").get_body(("plain",)).get_content()
        t.equal(text.splitlines()[0], FIRST_LINES[locale], f"salutation of {locale}")
        t.contains(" ".join(text.split()), DATES[locale], f"date of {locale}")


def test_nobody_is_no_second_person(t):
    mail = t.smtp()
    t.configure(email=t.email_transport(mail))
    t.daemon.start()
    notice = t.notice("n-1", locale="de")
    notice["to"]["second"] = {"title": "Dr."}
    t.drop(notice)
    t.contains(t.corrupt("n-1"), "names nobody: give it a name or a family_name", "reason")
    t.equal(len(mail.accepted()), 0, "mails")
