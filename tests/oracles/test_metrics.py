"""What /metrics says, judged by Prometheus' own promtool. Part of `make peers`."""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "flow"))
import test_api as api_flow

# What operators build their alerts on.
WANTED = """build_info start_time_seconds jobs oldest_job_timestamp_seconds jobs_accepted_total jobs_rejected_total
    jobs_deduplicated_total delivery_attempts_total delivery_failures_total delivery_duration_seconds job_age_seconds
    receipts_total render_errors_total locale_fallbacks_total workers workers_busy channel_paused
    config_last_reload_successful config_last_reload_success_timestamp_seconds last_delivery_timestamp_seconds
    spool_free_bytes spool_free_inodes log_messages_total scheduler_up api_requests_total api_receipts_total
    api_connections""".split()


def promtool(text):
    """What it complains about; nothing is good."""
    judged = subprocess.run(["promtool", "check", "metrics"], input=text.encode(), capture_output=True)
    said = (judged.stdout + judged.stderr).decode()
    return said or ("" if judged.returncode == 0 else f"it ended with {judged.returncode}")


def test_promtool_has_nothing_to_say(t):
    if not t.check(shutil.which("promtool"), "promtool is missing: sh tests/tools/deps.sh peers"):
        return
    api = api_flow.start(t)
    t.equal(promtool(api.ask("/metrics")[2]), "", "promtool before the first message")
    api_flow.send(t, "p1", "p2")
    api.report("p1", "1")
    api.report("p2", "2")
    t.drop("{", "broken")
    t.corrupt("broken")
    text = api.ask("/metrics")[2]
    t.equal(promtool(text), "", "promtool")
    families = set(re.findall(r"^# TYPE dispatcher_(\w+) ", text, re.M))
    t.equal(sorted(set(WANTED) - families), [], "families that are missing")
    t.equal(sorted(families - {f for f in families if re.search(rf"^dispatcher_{f}", text, re.M)}), [], "empty families")
    # A label may say which channel, never who.
    names = set(re.findall(r'[{,](\w+)="', text))
    allowed = {"channel", "state", "result", "cause", "level", "source", "reason", "page", "status", "kind", "le"}
    t.equal(sorted(names - allowed - {"version", "transport", "requested", "used", "locale"}), [], "labels")
    t.equal(max(text.count(f"\ndispatcher_{family}") for family in families) < 500, True, "few samples of each")


def test_the_alarms_of_the_manual_are_rules(t):
    if not shutil.which("promtool"):
        return
    with open(os.path.join(api_flow.lib.ROOT, "docs", "api.md"), encoding="utf-8") as manual:
        (rules,) = re.findall(r"^```yaml\n(groups:.*?)^```$", manual.read(), re.M | re.S)
    judged = subprocess.run(["promtool", "check", "rules", t.write("rules.yml", rules)], capture_output=True)
    t.equal(judged.returncode, 0, (judged.stdout + judged.stderr).decode())
    t.contains(judged.stdout.decode(), f"{rules.count('{alert:')} rules found", "promtool")
    named = set(re.findall(r"dispatcher_(\w+)", rules))
    t.equal(sorted(named - set(WANTED) - {"ledger_available", "endpoint_disabled"}), [], "metrics of the rules that nobody shows")


def test_promtool_would_complain(t):
    for wrong in ("dispatcher_jobs_total", "# TYPE x counter\nx 1\n", '# HELP a b\n# TYPE a gauge\na{b="c} 1\n'):
        t.check(promtool(wrong) != "", f"promtool takes {wrong!r}")
