"""The command line itself: the table of commands, what it says when somebody slips, colours, pipes, languages."""

import json
import os
import re
import shlex
import shutil
import subprocess
import unicodedata

import lib


def table(t):
    """Every command as the program knows it."""
    return t.command("help", "--json").lines()


def say(t, *arguments, env=None, **keys):
    """Without a configuration: what the command line alone decides."""
    environment = {"PATH": os.environ["PATH"], **(env or {})}
    return lib.Answer(subprocess.run([lib.DISPATCHER, *arguments], capture_output=True, cwd=t.dir, env=environment, **keys))


def test_every_command_explains_itself_with_an_example(t):
    t.configure()
    rows = table(t)
    t.check(len(rows) >= 50, f"{len(rows)} commands")
    names = [row["command"] for row in rows]
    t.equal(len(set(names)), len(names), "names")
    for row in rows:
        name = row["command"]
        lines = row["example"].splitlines()
        t.check(any("dispatcher " + name in line for line in lines), f"{name} has an example that names it: {lines}")
        t.check(all(line.startswith("  ") for line in lines), f"examples of {name} are indented")
        t.check(row["summary"] and row["summary"][0] == row["summary"][0].lower() or row["command"] == "dkim", f"summary of {name}")
        answer = t.command(*name.split(), "--help")
        t.equal((answer.status, answer.err), (0, ""), f"{name} --help")
        t.contains(answer.out, "Examples:", f"{name} --help")
        t.contains(answer.out, f"Usage: dispatcher {name}", f"{name} --help")
        t.equal(answer.out, t.command("help", *name.split()).out, f"help {name}")
        letters = [option["letter"] for option in row["options"] if option["letter"]]
        t.equal(len(set(letters)), len(letters), f"letters of {name}")
        for option in row["options"]:
            t.contains(answer.out, f"--{option['name']}", f"{name} --help")


def test_the_overview_has_chapters_and_names_every_command(t):
    overview = say(t, "help").out
    for chapter in ("Letters", "Campaigns", "Systems that hand over notices", "Engine room", "Setting up"):
        t.contains(overview, f"\n{chapter}\n", "chapters")
    lines = overview.splitlines()
    for row in table(t):
        first, _, second = row["command"].partition(" ")
        named = [line for line in lines if line.split()[:2] == row["command"].split()[:2] or line.split()[:1] == [first]]
        t.check(any(not second or second in line.replace("|", " ").split() for line in named), f"{row['command']} in the overview")
    t.check(len(lines) < 80, f"{len(lines)} lines")


def test_a_slip_is_told_what_was_meant(t):
    for words, meant in ((("quue",), "queue"), (("statsu",), "status"), (("endpoint", "tset", "shop"), "endpoint test"), (("list", "endpoint"), "endpoint list"),
                         (("endpont", "list"), "endpoint list"), (("explain", "route"), "route explain"), (("translat",), "translate")):
        answer = say(t, *words)
        t.equal((answer.status, answer.out), (64, ""), f"{words}")
        t.contains(answer.err, f'did you mean "{meant}"', f"{words}")
    for words, meant in ((("queue", "--state", "faild"), '"failed"'), (("queue", "--channel", "emial"), '"email"'), (("queue", "--sate", "x"), "--state"),
                         (("translate", "status", "--language", "german"), '"de"'), (("sms-length", "--gateway-profile", "gms"), '"gsm"'),
                         (("queue", "--color", "allways"), '"always"')):
        answer = say(t, *words)
        t.equal((answer.status, answer.out), (64, ""), f"{words}")
        t.contains(answer.err, f"did you mean {meant}", f"{words}")
    t.contains(say(t, "endpoint", "dance").err, "`dispatcher help endpoint` lists them", "nothing near")
    t.contains(say(t, "xyzzy").err, "`dispatcher help` lists them", "nothing near")


def test_the_beginning_of_an_option_is_not_the_option(t):
    t.configure()
    for word in ("--stat=failed", "--stat", "--sta"):
        answer = t.command("queue", word, "failed")
        t.equal(answer.status, 64, f"{word}")
        t.contains(answer.err, "did you mean --state?", f"{word}")
    for words in (("--state", "failed"), ("--state=failed",)):
        t.equal(t.command("queue", *words).status, 0, f"{words}")
    t.contains(t.command("queue", "--summary=x").err, "--summary takes no value", "a flag with a value")
    t.contains(say(t, "queue", "--state").err, "--state wants a value", "a value that is missing")
    t.contains(say(t, "purge", "-nx").err, '"-x"', "a letter nobody knows")


def test_the_first_word_of_a_family_explains_the_family(t):
    for words in (("help", "endpoint"), ("endpoint", "--help"), ("endpoint", "-h")):
        answer = say(t, *words)
        t.equal((answer.status, answer.err), (0, ""), f"{words}")
        t.contains(answer.out, "endpoint disable", f"{words}")
    bare = say(t, "endpoint")
    t.equal((bare.status, bare.out), (64, ""), "without its second word")
    t.contains(bare.err, "endpoint disable", "what may follow")


def test_topics_explain_what_belongs_to_no_command(t):
    for topic, word in (("exit-codes", "75"), ("environment", "NO_COLOR"), ("formatting", "RFC 3339"), ("spool", "new/"), ("selectors", "--cause")):
        answer = say(t, "help", topic)
        t.equal((answer.status, answer.err), (0, ""), topic)
        t.contains(answer.out, word, topic)
        t.contains(say(t, "help").out, topic, "the overview")


def test_colours_go_by_option_environment_and_terminal_in_this_order(t):
    escape = "\x1b["
    for environment, arguments, coloured in (({}, (), False), ({"CLICOLOR_FORCE": "1"}, (), True), ({"CLICOLOR_FORCE": "0"}, (), False),
                                             ({"CLICOLOR_FORCE": "1", "TERM": "dumb"}, (), True), ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, (), False),
                                             ({"CLICOLOR_FORCE": "1", "NO_COLOR": ""}, (), True), ({"NO_COLOR": "1"}, ("--color", "always"), True),
                                             ({"CLICOLOR_FORCE": "1"}, ("--color=never",), False), ({}, ("--color", "auto"), False)):
        answer = say(t, "queue", "--help", *arguments, env=environment)
        t.equal(escape in answer.out, coloured, f"{environment} {arguments}")


def test_a_pipe_that_is_closed_ends_a_command_in_silence(t):
    for arguments in (("help", "--json"), ("help",)):
        run = subprocess.Popen([lib.DISPATCHER, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, restore_signals=True)
        run.stdout.close()
        said = run.stderr.read().decode()
        t.check(run.wait() in (-13, 141), f"{arguments}: ended with {run.returncode}")
        t.equal(said, "", f"{arguments}: stderr")
    # A parent that ignores SIGPIPE, as some supervisors do.
    ignoring = subprocess.run(["sh", "-c", f"trap '' PIPE; {lib.DISPATCHER} help --json | true"], capture_output=True, text=True)
    t.equal(ignoring.stderr, "", "with SIGPIPE ignored")


def test_commands_speak_the_language_of_the_operator(t):
    german, korean, english = "meinten Sie „queue“?", '"queue" 명령을 쓰려고 하셨습니까?', 'did you mean "queue"?'
    for environment, wanted in (({"LANG": "de_DE.UTF-8"}, german), ({"LANG": "ko_KR.UTF-8"}, korean), ({"LANG": "fr_FR.UTF-8"}, english), ({}, english),
                                ({"LANG": "de_DE.UTF-8", "LC_MESSAGES": "ko_KR.UTF-8"}, korean), ({"LANG": "ko_KR.UTF-8", "LC_ALL": "de"}, german),
                                ({"LANG": "de_DE.UTF-8", "LC_ALL": "C"}, english), ({"LANG": "deutsch"}, english)):
        t.contains(say(t, "quue", env=environment).err, wanted, f"{environment}")
    t.contains(say(t, "help", env={"LANG": "de_AT.UTF-8"}).out, "\nMaschinenraum\n", "the overview")


def test_where_the_machine_names_no_language_the_configuration_does(t):
    t.configure(operator={"language": "de"})

    def told(**environment):
        return say(t, "queue", "--state", "failed", "--set", "control_socket=/nowhere/x", "--set", "spool=/nowhere", "-c", t.config_path, env=environment).err

    t.contains(told(), "noch keinen Spool", "operator.language")
    t.contains(told(LANG="C.UTF-8"), "noch keinen Spool", "a machine without people")
    t.contains(told(LANG="en_GB.UTF-8"), "there is no spool", "a person wins")
    t.contains(told(LC_ALL="C"), "there is no spool", "a script wins")
    text = open(t.config_path, encoding="utf-8").read()
    t.write("dispatcher.yaml", text + "wrokers: 3\n")
    broken = say(t, "config", "show", "-c", t.config_path, "--reason")
    t.contains(broken.err, "kennt die Option", "also of a configuration that is broken")


def test_json_is_the_same_in_every_language(t):
    t.configure()
    for arguments in (("config", "show"), ("transport", "list"), ("help",)):
        answers = []
        for language in ("C", "de_DE.UTF-8", "ko_KR.UTF-8"):
            t.environment = {**t.environment, "LC_ALL": language}
            answers.append(t.command(*arguments, "--json").out)
        t.equal(set(answers), {answers[0]}, f"{arguments}")


def on_a_terminal(t, columns, *arguments):
    """What is shown on a terminal of so many columns."""
    environment = {**t.environment, "COLUMNS": str(columns), "TERM": "xterm", "NO_COLOR": "1"}
    command = [lib.DISPATCHER, *arguments, "--config", t.config_path]
    ended = subprocess.run(["script", "-qec", " ".join(command), "/dev/null"], capture_output=True, cwd=t.dir, env=environment, stdin=subprocess.DEVNULL)
    return ended.stdout.decode().replace("\r\n", "\n").splitlines()


def test_a_narrow_terminal_cuts_the_last_columns_or_shows_blocks(t):
    t.configure(email=t.email_transport(t.smtp()))
    whole = t.command("transport", "list", "--set", "trial=true").out.splitlines()
    width = max(map(len, whole))
    t.equal(on_a_terminal(t, width + 10, "transport", "list"), whole, "room enough")
    least = on_a_terminal(t, 20, "transport", "list")
    t.check(least[0].startswith("TRANSPORT "), f"a block begins with the head of its first column: {least}")
    t.equal(least.count(""), len(whole) - 2, "an empty line between blocks")
    for columns in range(width - 1, 40, -7):
        lines = on_a_terminal(t, columns, "transport", "list")
        if lines[0].split() == whole[0].split():
            t.check(max(map(len, lines)) <= columns, f"{columns} columns: {lines}")
            t.check("…" in "".join(lines), f"{columns} columns: nothing says that something was cut: {lines}")
    t.environment = {**t.environment, "COLUMNS": "30"}
    t.equal(t.command("transport", "list").out.splitlines(), whole, "into a pipe everything")


def test_quiet_and_verbose_change_what_is_said_and_nothing_else(t):
    t.configure(email=t.email_transport(t.smtp()))
    t.daemon.start()
    plain, quiet, verbose = (t.command("shape", *flags) for flags in ((), ("-q",), ("-v",)))
    t.equal((quiet.out, verbose.out), (plain.out, plain.out), "standard output")
    t.equal(quiet.err, "", "quiet")
    t.contains(verbose.err, f"Configuration {t.config_path}; read from the ledger in", "verbose")
    t.contains(t.command("status", "-v").err, "the daemon at", "verbose, of what only the daemon knows")


def test_nobody_is_asked_where_nobody_is_to_be(t):
    t.configure(email=t.email_transport(t.smtp()))
    many = [f"a{i}@example.org" for i in range(101)]
    command = " ".join([lib.DISPATCHER, "suppress", "add", *many, "--reason", "x", "--no-input", "--config", t.config_path])
    ended = subprocess.run(["script", "-qec", command, "/dev/null"], capture_output=True, cwd=t.dir, env=t.environment, stdin=subprocess.DEVNULL, timeout=lib.COMMAND_LIMIT_S)
    said = ended.stdout.decode()
    t.equal(ended.returncode, 64, "exit status on a terminal with --no-input")
    t.contains(said, "--yes", "the option that is missing")
    t.check("[y/N]" not in said, f"it asked: {said}")


def columns_of(text):
    """How many columns a terminal needs: Hangul takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def test_hangul_stays_within_a_narrow_terminal_and_leaves_the_columns_behind_it_straight(t):
    t.configure()
    sample = t.notice("sample")
    for name, campaign in (("first", "서비스장애안내"), ("second", "x")):
        head = {"version": 1, "id": name, "campaign": campaign, "template": "apology", "locale": "ko", "data": sample["data"]}
        t.write("batch.json", json.dumps({**head, "routing": {"method": "all", "channels": ["email"]}}))
        t.write("people.jsonl", json.dumps({"id": "c1", "to": {"email": "c1@example.org"}}) + "\n")
        t.equal(t.command("enqueue", "--batch", "batch.json", "--jsonl", "people.jsonl").status, 0, "handed over")
    t.daemon.start()
    t.wait(lambda: t.summary("email").get("delivered") == 2, 30, "both to leave")
    head, *rows = t.command("batches").out.splitlines()
    t.equal([columns_of(row.split("finished")[0]) for row in rows], [columns_of(head.split("STATE")[0])] * 2, f"the column behind: {head} {rows}")
    for width in (160, 110, 90):
        lines = on_a_terminal(t, width, "batches")
        t.check(all(columns_of(line) <= width for line in lines), f"{width} columns: {lines}")


ASKING = [
    ("cancel", "--batch", "b"), ("release", "--batch", "b"), ("expire", "--batch", "b"), ("mark-delivered", "--batch", "b"), ("retry", "--batch", "b", "--state", "held"),
    ("purge", "--older-than", "0s"), ("live", "on"), ("campaign", "cancel", "none"),
]  # fmt: skip


def test_every_command_that_asks_names_what_a_script_says_instead(t):
    t.configure(trial=True, allow=["x@example.org"])
    rows = "".join(json.dumps({"id": f"c{i}", "to": {"email": f"c{i}@example.org"}}) + "\n" for i in range(120))
    t.write("people.jsonl", rows)
    sample = t.notice("sample")
    t.write("batch.json", json.dumps({"version": 1, "id": "b", "template": "apology", "locale": "de", "data": sample["data"],
                                      "routing": {"method": "all", "channels": ["email"]}, "not_before": "2099-01-01T00:00:00Z"}))
    t.equal(t.command("enqueue", "--batch", "batch.json", "--jsonl", "people.jsonl").status, 0, "handed over")
    t.daemon.start()
    t.wait(lambda: t.summary("email").get("waiting") == 120, 30, "the batch")
    for words in ASKING:
        if words[0] in ("release", "retry"):
            t.command("hold", "--batch", "b")
        for extra in ((), ("--no-input",)):
            answer = t.command(*words, *extra)
            if words[:2] == ("campaign", "cancel"):
                t.equal(answer.status, 66, f"{words}: there is none")
                continue
            t.equal(answer.status, 64, f"{words} {extra}: {answer.out}{answer.err}")
            t.check("--yes" in answer.err or "--confirm" in answer.err, f"{words}: {answer.err}")
            t.contains(answer.err, "nothing was changed", f"{words}")
    t.equal(sum(t.summary("email").values()), 120, "nothing is lost")


# examples


def example_commands(row):
    """Each `dispatcher ...` of the examples of a command, as words; comments behind two spaces are none of them."""
    for line in row["example"].splitlines():
        for part in re.split(r"\||&&", line):
            part = re.split(r"\s{2,}", part.strip().removeprefix("$ "))[0].replace("source <(", "").rstrip(")")
            if part.startswith("dispatcher ") or part.startswith('"'):
                yield shlex.split(re.split(r" [<>]", part.removeprefix('"|/usr/bin/'))[0])[1:]


def test_examples_name_commands_and_options_there_are(t):
    rows = table(t)
    options = {row["command"]: {option["name"]: option for option in row["options"]} for row in rows}
    common = set(re.findall(r"--([a-z-]+)", say(t, "version", "--help").out))
    seen = 0
    for row in rows:
        for words in example_commands(row):
            name = " ".join(words[:2]) if " ".join(words[:2]) in options else words[0]
            if not t.check(name in options, f"the example of {row['command']} calls {words[:2]}"):
                continue
            seen += 1
            for word in words:
                known = not word.startswith("--") or word == "--" or word[2:].split("=")[0] in common | set(options[name])
                t.check(known, f"the example of {row['command']} has {word}, which {name} does not know")
    t.check(seen >= len(rows), f"{seen} examples of {len(rows)} commands")


def test_examples_can_be_typed_as_they_stand(t):
    """None is a mistake of usage, nor of ours; what it names need not be there. A question is answered by the option its refusal names."""
    folder = os.path.join(lib.ROOT, "docs", "incidents", "outage")
    for name in os.listdir(folder):
        shutil.copy(os.path.join(folder, name), t.dir)
    shutil.copy(os.path.join(t.dir, "campaign-1-restored.yaml"), os.path.join(t.dir, "campaign.yaml"))
    for name in ("batch.json", "people.csv"):
        shutil.copy(os.path.join(lib.ROOT, "docs", "batch", name), t.dir)
    shutil.copy(os.path.join(lib.ROOT, "docs", "notice.json"), t.dir)
    t.configure(templates=t.letter("apology", "", en=("Subject", "Title", "{{salutation}}")), trial=True, allow=["anna@example.org"])
    typed = 0
    for row in table(t):
        for words in example_commands(row):
            if words[0] in ("run", "api"):
                continue  # they stay
            words = [word.replace("$(cat", "0" * 64) for word in words if word != "seal.txt"]
            words = [*words, "--once"] if words == ["top"] else [*words, "--no-follow"] if words[0] == "tail" and "--no-follow" not in words else words
            words = [*words, "--timeout", "1s"] if "--wait" in words and words[0] in ("ready", "status") else words
            answer = t.command(*[word.replace("/srv/", t.dir + "/").replace("/etc/", t.dir + "/") for word in words])
            asks = re.search(r"--(yes|confirm)\b", answer.err)
            t.check(answer.status not in (64, 70) or asks, f"dispatcher {' '.join(words)}: {answer.status}: {answer.err[:300]}")
            typed += 1
    t.check(typed > 100, f"{typed} examples")


def test_the_topic_of_selectors_names_every_one_of_them(t):
    said = say(t, "help", "selectors").out
    row = next(row for row in table(t) if row["command"] == "hold")
    for option in row["options"]:
        if option["name"] not in ("id", "reason", "dry-run", "yes"):
            t.contains(said, f"--{option['name']} ", "help selectors")


def test_a_list_whose_reader_has_seen_enough_ends_in_silence(t):
    t.configure(email=t.email_transport(t.smtp()), endpoints={"crm": {"url": "https://crm.example.org/hook", "secret": {"env": "CRM_SECRET"}}})
    t.daemon.start()
    t.enqueue(*t.notices(3))
    for words in (("queue",), ("queue", "--summary"), ("failures",), ("shape",), ("batches",), ("actions",), ("status",), ("tail", "--since", "5m", "--no-follow"),
                  ("transport", "list"), ("endpoint", "list"), ("gateway", "list"), ("suppress", "list"), ("campaign", "list"), ("corrupt", "list"), ("config", "show"),
                  ("facts", "terms"), ("help",), ("show", "n0"), ("why", "n0"), ("top", "--once")):
        for form in ((), ("--json",)):
            run = subprocess.Popen([lib.DISPATCHER, *words, *form, "--config", t.config_path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   cwd=t.dir, env=t.environment)
            run.stdout.close()
            said = run.stderr.read().decode()
            ended = run.wait()
            t.check(ended in (-13, 141, 0, 69), f"{words} {form}: ended with {ended}")
            t.check("cannot write" not in said and "roken pipe" not in said, f"{words} {form}: {said}")
