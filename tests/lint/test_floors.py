"""The rules of the house hold, and the checks find what they are for: each fault is planted once."""

import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import floors

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")

TOUR = """# The house

`render/page.c` makes pages, `base/text` texts.

## render/, in the order a letter travels

| stage | files | from, to |
| --- | --- | --- |
| | `page` | a `template` into a page |

## The rooms of commands

| room | for | files |
| --- | --- | --- |
"""

GOOD = {
    "dispatcher/main.c": '#include "cli/command.h"\nint main(void)\n{\n    return command();\n}\n',
    "dispatcher/cli/command.h": "int command(void);\n",
    "dispatcher/base/text.h": "int text(void);\n",
    "dispatcher/base/text.c": '#include "base/text.h"\n\n#include <stdio.h>\n#include <sys/stat.h>\n\nint text(void)\n{\n    return 0;\n}\n',
    "dispatcher/model/job.h": '#include "base/text.h"\n',
    "dispatcher/model/job.c": '#include "model/job.h"\n\n#include <jansson.h>\n',
    "dispatcher/render/page.c": '#include <jansson.h>\n#include <cmark.h>\n\n#include "model/job.h"\n',
    "dispatcher/spool/take.c": '#include "model/job.h"\n',
    "dispatcher/README.md": TOUR,
    "Makefile": "",
}


def violations(check, **planted):
    """What a check says about the good house with some files put in or replaced."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in {**GOOD, **planted}.items():
            path = os.path.join(root, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as out:
                out.write(text)
        return [f"{path}:{line}: {sentence}" for path, line, sentence in check(floors.House(root))]


def finds(check, path, text, *words):
    found = violations(check, **{path: text})
    assert len(found) == 1, found
    for word in words:
        assert word in found[0], found


def silent(check, path, text):
    found = violations(check, **{path: text})
    assert not found, found


def body(*lines):
    return "static int f(int x)\n{\n" + "".join(f"    {line}\n" for line in lines) + "}\n"


def test_says_nothing_about_a_good_house():
    for check in floors.CHECKS:
        assert not violations(check), check.__name__


def tour(*rows, **files):
    return {"dispatcher/README.md": TOUR + "".join(f"{row}\n" for row in rows), **{f"dispatcher/{path.replace('__', '/')}.c": "" for path in files}}


def test_finds_a_file_that_the_tour_does_not_name():
    check = floors.check_tour_names_every_file
    named = tour("| `desk/` | sending | `send` with `send_print`, `call-list` |", desk__send="", desk__send_print="", desk__call_list="")
    assert not violations(check, **named)
    assert not violations(check, **tour("| `desk/` | sending | `send*` |", desk__send="", desk__send_print=""))
    (found,) = violations(check, **{**named, "dispatcher/desk/sender.c": ""})
    assert "README.md:15" in found and "desk/sender.c is not named" in found, found
    (found,) = violations(check, **{"dispatcher/operator/top.c": ""})
    assert "operator/top.c is not named" in found, found
    (found,) = violations(check, **{"dispatcher/render/page_more.c": ""})
    assert "render/page_more.c is not named" in found, found


def test_finds_a_name_of_the_tour_that_is_no_file():
    check = floors.check_tour_names_every_file
    (found,) = violations(check, **tour("| `desk/` | sending | `send`, `--json`, `send --json`, `engine/x.c`, `sent` |", desk__send=""))
    assert "`sent`: there is no such file in desk/" in found, found
    (found,) = violations(check, **tour("| `desk/` | `nothing` | `sent*` |"))
    assert "`sent*`" in found, found
    finds(floors.check_tour_names_what_is_there, "dispatcher/README.md", "`base/text.c` and `base/text`, `base/NAME.c`, `base/t*`\n`base/texts.c`\n", "README.md:2", "`base/texts.c` does not exist")


def test_finds_an_upward_include():
    finds(floors.check_includes_go_downwards, "dispatcher/base/x.c", '\n#include "model/job.h"\n', "base/x.c:2", "upward")
    finds(floors.check_includes_go_downwards, "dispatcher/spool/x.h", '#include "cli/command.h"\n', "upward")
    extra = {"dispatcher/letters/check.h": "", "dispatcher/people/x.c": '#include "letters/check.h"\n'}
    found = violations(floors.check_includes_go_downwards, **extra)
    assert len(found) == 1 and "upward" in found[0], found


def test_finds_folders_of_one_floor_that_know_each_other():
    extra = {"dispatcher/spool/spool.h": "", "dispatcher/render/x.c": '#include "spool/spool.h"\n'}
    found = violations(floors.check_includes_go_downwards, **extra)
    assert len(found) == 1 and "blind" in found[0], found
    extra = {"dispatcher/desk/send.h": "", "dispatcher/operator/x.c": '#include "desk/send.h"\n'}
    found = violations(floors.check_includes_go_downwards, **extra)
    assert len(found) == 1 and "blind" in found[0], found


def test_finds_a_command_that_knows_the_http_server():
    for folder in ("cli", "people", "letters", "desk", "operator"):
        extra = {"dispatcher/api/http.h": "", f"dispatcher/{folder}/x.c": '#include "api/http.h"\n'}
        found = violations(floors.check_includes_go_downwards, **extra)
        assert len(found) == 1 and "blind" in found[0], found
    extra = {"dispatcher/api/http.h": "", "dispatcher/main.c": '#include "api/http.h"\n'}
    assert not violations(floors.check_includes_go_downwards, **extra)


def test_finds_an_include_that_is_not_a_full_path():
    finds(floors.check_includes_go_downwards, "dispatcher/base/x.c", '#include "text.h"\n', "full path")


def test_finds_a_folder_without_a_floor():
    finds(floors.check_includes_go_downwards, "dispatcher/cellar/x.c", "", "no floor")


def test_ignores_an_include_in_a_comment():
    silent(floors.check_includes_go_downwards, "dispatcher/base/x.c", '/*\n#include "model/job.h"\n*/\n')


def test_finds_a_cycle_of_headers():
    extra = {
        "dispatcher/base/a.h": '#include "base/b.h"\n',
        "dispatcher/base/b.h": '#include "base/c.h"\n',
        "dispatcher/base/c.h": '#include "base/a.h"\n',
    }
    found = violations(floors.check_no_file_cycle, **extra)
    assert len(found) == 1 and "base/a.h -> base/b.h -> base/c.h -> base/a.h" in found[0], found
    extra["dispatcher/base/c.h"] = ""
    assert not violations(floors.check_no_file_cycle, **extra)


def test_finds_modules_that_need_each_other():
    extra = {
        "dispatcher/base/a.h": "",
        "dispatcher/base/a.c": '#include "base/a.h"\n\n#include "base/b.h"\n',
        "dispatcher/base/b.h": "",
        "dispatcher/base/b.c": '#include "base/b.h"\n\n#include "base/a.h"\n',
    }
    found = violations(floors.check_no_file_cycle, **extra)
    assert len(found) == 1 and "base/a -> base/b -> base/a" in found[0], found
    extra["dispatcher/base/b.c"] = '#include "base/b.h"\n'
    assert not violations(floors.check_no_file_cycle, **extra)


def test_lets_a_header_for_implementers_name_the_header_for_users():
    extra = {
        "dispatcher/base/a.h": "",
        "dispatcher/base/a_backend.h": '#include "base/a.h"\n',
        "dispatcher/base/a.c": '#include "base/a.h"\n\n#include "base/a_backend.h"\n',
        "dispatcher/base/disk.c": '#include "base/a_backend.h"\n',
    }
    assert not violations(floors.check_no_file_cycle, **extra)


def test_finds_a_third_party_header_in_a_second_file():
    check = floors.check_third_party_headers_have_one_file
    finds(check, "dispatcher/spool/x.c", "#include <cmark.h>\n", "spool/x.c:1", "render/page.c")


def test_finds_a_third_party_header_in_a_header():
    check = floors.check_third_party_headers_have_one_file
    finds(check, "dispatcher/spool/x.h", "#include <sqlite3.h>\n", "no third-party type")


def test_keeps_jansson_to_model_and_render():
    check = floors.check_third_party_headers_have_one_file
    silent(check, "dispatcher/model/y.c", "#include <jansson.h>\n")
    finds(check, "dispatcher/spool/x.c", "#include <jansson.h>\n", "model/ and render/")


def test_keeps_libcurl_to_its_two_files():
    check = floors.check_third_party_headers_have_one_file
    silent(check, "dispatcher/channel/smtp_curl.c", "#include <curl/curl.h>\n")
    finds(check, "dispatcher/channel/x.c", "#include <curl/curl.h>\n", "channel/smtp_curl.c")


def test_finds_every_banned_function():
    for name in floors.BANNED:
        finds(floors.check_no_banned_function, "dispatcher/base/x.c", body(f"{name} (x);"), "base/x.c:3", name)


def test_ignores_banned_names_in_comments_strings_and_members():
    lines = ["/* never strcpy(a, b) */", '// gets(x)', 'puts("sprintf(x) \\" atoi(x)");', "o->system(x);", "o.rand(x);"]
    silent(floors.check_no_banned_function, "dispatcher/base/x.c", body(*lines, "text_random(x);", "snprintf(x);"))


def test_finds_functions_away_from_home():
    check = floors.check_reserved_functions_stay_home
    finds(check, "dispatcher/model/x.c", body("fsync(x);"), "fsync() belongs to base/file.c")
    finds(check, "dispatcher/render/x.c", body("return clock_wall_ms();"), "clock_wall_ms")
    silent(check, "dispatcher/base/file.c", body("fsync(x);"))
    silent(check, "dispatcher/engine/x.c", body("return clock_wall_ms();"))


def test_finds_a_backward_goto():
    check = floors.check_no_backward_goto
    finds(check, "dispatcher/base/x.c", body("again:", "x--;", "if (x)", "    goto again;", "return x;"), "base/x.c:6", "again")
    silent(check, "dispatcher/base/x.c", body("if (x)", "    goto out;", "x++;", "out:", "return x;"))


def test_finds_conditional_compilation_in_a_function():
    check = floors.check_no_conditional_compilation_in_functions
    finds(check, "dispatcher/base/x.c", body("x++;", "#ifdef DEBUG", "x--;", "#endif", "return x;"), "base/x.c:4", "#ifdef")
    silent(check, "dispatcher/base/x.c", "#ifdef A\n#define B {\n#else\n#define B {\n#endif\n" + body("return x;"))
    silent(check, "dispatcher/base/x.h", "#ifndef X\n#define X\nstruct s {\n    int a;\n};\n#endif\n")


def test_finds_strangers_at_the_top():
    finds(floors.check_top_level_is_tidy, "notes.txt", "", "notes.txt")
    finds(floors.check_top_level_is_tidy, "dispatcher/util/x.c", "", "dispatcher/util")
    silent(floors.check_top_level_is_tidy, ".hidden", "")


def test_leaves_alone_at_the_top_what_git_does_not_track():
    if not shutil.which("git"):
        return
    with tempfile.TemporaryDirectory() as root:
        for folder in ("dispatcher", "mine", "tests"):
            os.makedirs(os.path.join(root, folder))
        for name in ("stray.txt", "mine/x", "tests/x"):
            open(os.path.join(root, name), "w").close()
        git(root, "init", "--quiet")
        git(root, "add", "stray.txt", "tests")
        found = list(floors.check_top_level_is_tidy(floors.House(root)))
        assert [path for path, _, _ in found] == ["stray.txt"], found
        os.rename(os.path.join(root, ".git", "index"), os.path.join(root, ".git", "HEAD"))
        found = list(floors.check_top_level_is_tidy(floors.House(root)))
        assert [path for path, _, _ in found] == ["mine", "stray.txt"], found


def git(root, *arguments):
    subprocess.run(["git", "-C", root, *arguments], check=True)


def test_measures_functions_and_files():
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, "dispatcher/base"))
        with open(os.path.join(root, "dispatcher/base/x.c"), "w") as out:
            out.write("static const int t[] = {1, 2};\n\n" + body("x++;", "return x;"))
        functions, files = floors.longest(floors.House(root))
    assert functions == [(5, "f (base/x.c:3)")], functions
    assert files == [(7, "base/x.c")], files


def real_house_test(check):
    def test():
        found = [f"{path}:{line}: {sentence}" for path, line, sentence in check(floors.House(ROOT))]
        assert not found, "\n" + "\n".join(found)

    return test


for _check in floors.CHECKS:
    globals()["test_house_" + _check.__name__.removeprefix("check_")] = real_house_test(_check)
