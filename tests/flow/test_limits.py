"""Lists that grow: people see so many rows and hear that there are more, programs get all."""


def test_lists_show_so_many_rows_and_say_how_many_they_leave_out(t):
    t.configure()
    t.daemon.start()
    for i in range(5):
        t.equal(t.command("suppress", "add", f"n{i}@example.org", "--reason", f"reason {i}").status, 0, "suppressed")
        t.drop(b"{", f"bad{i}")
    t.wait(lambda: len(t.command("corrupt", "list", "--json").lines()) == 5, 20, "five set aside")
    newest = t.command("actions", "--limit", "2")
    t.check("reason 3" in newest.out and "reason 4" in newest.out and "reason 2" not in newest.out, f"the newest two: {newest.out}")
    t.contains(newest.err, "3 older rows are not shown; see --limit.", "and how many there are")
    t.equal([row["reason"] for row in t.command("actions", "--json", "--limit", "1").lines()], ["reason 4"], "for programs")
    t.equal(len(t.command("actions", "--json").lines()), 5, "who get all unless they say so")
    for words in (("suppress", "list"), ("corrupt", "list")):
        some = t.command(*words, "--limit", "4")
        t.contains(some.err, "1 more row is not shown; see --limit.", words)
        t.equal(len(t.command(*words, "--json", "--limit", "4").lines()), 4, words)
        t.check("not shown" not in t.command(*words).err, f"{words}: all of them")
    for words in (("actions",), ("batches",), ("campaign", "list"), ("suppress", "list"), ("corrupt", "list")):
        t.equal(t.command(*words, "--limit", "0").status, 64, f"{words} --limit 0")
        t.equal(t.command(*words, "--limit", "3").status, 0, f"{words} --limit 3")
