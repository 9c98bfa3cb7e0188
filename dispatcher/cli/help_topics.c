#include "cli/help.h"

#include "base/attributes.h"

const struct topic help_topics[] = {
    {"exit-codes", "What the exit status of every command means.",
     "\nAny other status is a failure too. A command that was ended by a closed pipe (`| head`) "
     "has\n"
     "128 and the number of the signal, 141, and says nothing.\n"},
    {"environment", "What commands read from the environment.",
     "  DISPATCHER_CONFIG            the configuration, unless -c names one\n"
     "  DISPATCHER_SECTION_KEY       one key of it: DISPATCHER_LOG_LEVEL is log.level\n"
     "  DISPATCHER_PROGRESS_SECONDS  how often progress is told where stderr is no terminal\n"
     "                               (else every 10; kill -USR1 asks at once)\n"
     "  LC_ALL, LC_MESSAGES, LANG    the language commands speak: de, ko or English; the first\n"
     "                               that is set decides; with none, operator.language does\n"
     "  NO_COLOR                     not empty: no colours\n"
     "  CLICOLOR_FORCE               not empty and not 0: colours, also into a pipe\n"
     "  TERM                         dumb: no colours, no bars\n"
     "  COLUMNS                      how wide tables may be, instead of the terminal's answer\n"
     "  TZ                           the zone of the times people read\n"
     "  CREDENTIALS_DIRECTORY        where systemd put what {credential: NAME} asks for\n"
     "\n"
     "The command line wins over the environment, the environment over the file.\n"},
    {"formatting", "What is printed where, and in which form.",
     "Standard output carries what was asked for, standard error messages and progress. For\n"
     "programs there is --json: one object per line, \"v\":1 first, times as RFC 3339 in UTC, "
     "never\n"
     "translated, never coloured. New members may come at any time and are to be ignored; what is\n"
     "there stays. Tables are for people and may change.\n"
     "\n"
     "  dispatcher queue --json --state failed | jq -r .id\n"
     "\n"
     "Times in tables are in the zone of whoever reads them, with their offset. On a terminal "
     "that\n"
     "is too narrow a table gives up its least important columns' ends, or shows each row as a\n"
     "block; into a file or a pipe it never does. States are words; a colour only repeats them.\n"
     "\n"
     "--color wins over NO_COLOR, that over CLICOLOR_FORCE, that over TERM=dumb, and only then it\n"
     "matters whether the stream is a terminal.\n"},
    {"spool", "The directory where programs drop work, and who removes what from it.",
     "  tmp/          programs write here first, on the same disk; after 36 hours the daemon "
     "clears\n"
     "  new/          handed over: ID.json (one notice) or ID/ (a batch: batch.json, "
     "notices.jsonl)\n"
     "  ledger.db     what was accepted and what became of it\n"
     "  batches/ID/   the texts of accepted batches, until retention is over\n"
     "  corrupt/      what could not be accepted, with ID.reason; only a person removes it\n"
     "  control.sock  where commands reach the daemon\n"
     "\n"
     "To hand over: write to tmp/, fsync, link() to new/ID.json (a batch: rename the directory),\n"
     "fsync new/. From then on it is safe. dispatcher-spool(7) has it in full.\n"},
    {"selectors", "How commands are told which deliveries are meant.",
     "  ID...               these notices, by their ids; - reads ids from standard input, plain "
     "or\n"
     "                      as `queue --json` prints them\n"
     "  --state STATE       waiting, in_flight, deferred, held, delivered, failed, suppressed,\n"
     "                      expired, cancelled, uncertain\n"
     "  --channel CHANNEL   email, sms, webhook\n"
     "  --campaign NAME     of this campaign\n"
     "  --batch ID          of this batch\n"
     "  --template NAME     letters of this template\n"
     "  --locale LANG       in this language: de, ko, en, ...\n"
     "  --cause CAUSE       for this reason: mailbox_full, bad_recipient, ...\n"
     "  --domain DOMAIN     to this domain; of webhooks the name of the endpoint\n"
     "  --older-than AGE    accepted longer ago than 30m, 2h, 3d, ...\n"
     "  --action NUMBER     what this action moved last: a number of `actions`, or several: "
     "12-14,16\n"
     "  --everything        all there is; alone, for commands that change something\n"
     "\n"
     "Together they narrow: what fits all of them is meant. A command that changes something and\n"
     "is given none refuses (status 64): nothing means \"everything\" by being left out.\n"
     "\n"
     "  dispatcher queue --state failed --cause mailbox_full --json | dispatcher retry -\n"},
};
const size_t help_topic_count = COUNT_OF(help_topics);
