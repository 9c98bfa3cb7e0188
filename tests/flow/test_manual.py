"""The manual pages: made of the tables, complete, and without a word from mandoc."""

import os
import re
import shutil
import subprocess

import lib

PAGES = {"dispatcher.1": None, "dispatcher.yaml.5": None, "dispatcher-template.5": "docs/man", "dispatcher-spool.7": "docs/man"}


def pages(t):
    """Where they lie as installed, so that their references find each other."""
    root = os.path.join(t.dir, "man")
    for name, source in PAGES.items():
        folder = os.path.join(root, "man" + name[-1])
        os.makedirs(folder, exist_ok=True)
        if source:
            shutil.copy(os.path.join(lib.ROOT, source, name), folder)
            continue
        made = subprocess.run([lib.DISPATCHER, "manual", name], capture_output=True, check=True).stdout
        with open(os.path.join(folder, name), "wb") as page:
            page.write(made)
    return root


def read(root, name):
    """The page as text, without what makes letters bold, and in one line."""
    path = os.path.join(root, "man" + name[-1], name)
    text = subprocess.run(["mandoc", "-T", "utf8", "-O", "width=300", path], capture_output=True, text=True, check=True).stdout
    return re.sub(r"\s+", " ", re.sub(".\b", "", text))


def test_mandoc_has_nothing_to_say(t):
    root = pages(t)
    for name in PAGES:
        path = os.path.join(root, "man" + name[-1], name)
        lint = subprocess.run(["mandoc", "-T", "lint", path], capture_output=True, text=True)
        # Whether a page is installed on this machine says nothing about it; that it is one of ours does.
        t.equal([line for line in lint.stdout.splitlines() if "referenced manual not found" not in line], [], name)
        for page, section in re.findall(r"^\.Xr (\S+) (\d)", open(path, encoding="utf-8").read(), re.M):
            t.check(f"{page}.{section}" in PAGES or (page, section) == ("rename", "2"), f"{name} refers to {page}({section})")


def test_the_page_of_the_program_names_every_command_and_option(t):
    t.configure()
    page = read(pages(t), "dispatcher.1")
    for row in t.command("help", "--json").lines():
        t.contains(page, f" {row['command']} ", "commands")
        t.contains(page, re.sub(r"\s+", " ", row["summary"]), f"summary of {row['command']}")
        for option in row["options"]:
            t.contains(page, f"--{option['name']}", f"options of {row['command']}")
    for word in ("--config", "--json", "--no-input", "--color", "NO_COLOR", "DISPATCHER_CONFIG", "EXIT STATUS", "75"):
        t.contains(page, word, "what all commands share")


def test_the_page_of_the_configuration_names_every_key(t):
    t.configure(email=t.email_transport(t.smtp()))
    page = read(pages(t), "dispatcher.yaml.5")
    keys = [row["key"] for row in t.command("config", "show", "--json").lines()]
    t.check(len(keys) > 60, f"{len(keys)} keys")
    for key in keys:
        parts = key.split(".")
        name = ".".join(parts[2:]) if parts[0] in ("transports", "endpoints") and len(parts) > 2 else key
        t.check(f" {name} " in page or f" {parts[0]}.* " in page or f" {name.split('.')[0]}.* " in page or f" {name.split('.')[0]} " in page, f"{key} is not in dispatcher.yaml(5)")
