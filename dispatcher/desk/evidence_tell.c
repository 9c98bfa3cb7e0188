/* How findings are said: for people in whole sentences, for programs as JSON. */
#include "desk/evidence_verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/say.h"

bool evidence_begin_finding(struct evidence_verify *v, const struct evidence_named *f)
{
    struct buf line = {0};
    v->findings++;
    if (!invocation_json(v->inv))
        return v->findings <= EVIDENCE_SHOWN_MOST;
    buf_puts(&line, "{\"v\":1,\"file\":");
    buf_put_json(&line, f->file);
    if (f->row > 0)
        buf_printf(&line, ",\"row\":%" PRId64, f->row);
    if (f->to > 0)
        buf_printf(&line, ",\"to\":%" PRId64, f->to);
    printf("%s,\"what\":\"%s\"}\n", line.data, f->what);
    buf_free(&line);
    return false;
}

static void tell_changed(struct evidence_verify *v, int64_t row)
{
    if (evidence_begin_finding(v, &(struct evidence_named){v->file, row, 0, "changed"}))
        say(v->inv, stdout, "%s, row %lld: was changed.\n", v->file, (long long)row);
}

static void tell_rewritten(struct evidence_verify *v, int64_t row)
{
    if (evidence_begin_finding(v, &(struct evidence_named){v->file, row, 0, "rewritten"}))
        say(v->inv, stdout,
            "%s, row %lld: was written anew; the row behind it belongs to another one.\n", v->file,
            (long long)row);
}

static void tell_missing(struct evidence_verify *v, int64_t row, int64_t to, bool at_end)
{
    if (!evidence_begin_finding(
            v, &(struct evidence_named){v->file, row, to, at_end ? "cut" : "missing"}))
        return;
    if (at_end && row == to)
        say(v->inv, stdout, "%s, row %lld: is missing at the end.\n", v->file, (long long)row);
    else if (at_end)
        say(v->inv, stdout, "%s, rows %lld to %lld: are missing at the end.\n", v->file,
            (long long)row, (long long)to);
    else if (row == to)
        say(v->inv, stdout, "%s, row %lld: was removed.\n", v->file, (long long)row);
    else
        say(v->inv, stdout, "%s, rows %lld to %lld: were removed.\n", v->file, (long long)row,
            (long long)to);
}

static void tell_added(struct evidence_verify *v, int64_t row, int64_t other)
{
    if (!evidence_begin_finding(v, &(struct evidence_named){v->file, row, other, "added"}))
        return;
    if (other > 0)
        say(v->inv, stdout,
            "%s, in front of row %lld: a line was added that calls itself row %lld.\n", v->file,
            (long long)row, (long long)other);
    else
        say(v->inv, stdout, "%s, in front of row %lld: a line was added.\n", v->file,
            (long long)row);
}

static void tell_moved(struct evidence_verify *v, int64_t row, int64_t other, bool both)
{
    if (!evidence_begin_finding(
            v, &(struct evidence_named){v->file, row, other, both ? "swapped" : "moved"}))
        return;
    if (both)
        say(v->inv, stdout, "%s, rows %lld and %lld: changed places.\n", v->file, (long long)row,
            (long long)other);
    else
        say(v->inv, stdout, "%s, row %lld: row %lld stands in its place.\n", v->file,
            (long long)row, (long long)other);
}

static void tell_head(struct evidence_verify *v, int64_t row)
{
    if (evidence_begin_finding(v, &(struct evidence_named){v->file, row, 0, "head"}))
        say(v->inv, stdout,
            "%s, row %lld: is not the last row that was sealed; the chain was made anew.\n",
            v->file, (long long)row);
}

void evidence_tell_file(struct evidence_verify *v, const char *file, const char *what)
{
    if (!evidence_begin_finding(v, &(struct evidence_named){file, 0, 0, what}))
        return;
    if (strcmp(what, "missing") == 0)
        say(v->inv, stdout, "%s: is missing.\n", file);
    else if (strcmp(what, "added") == 0)
        say(v->inv, stdout, "%s: is no part of this evidence.\n", file);
    else if (strcmp(what, "seal") == 0)
        say(v->inv, stdout, "%s: is not the one the seal was made of.\n", file);
    else
        say(v->inv, stdout, "%s: was changed.\n", file);
}

void evidence_tell_finding(void *context, const struct evidence_finding *f)
{
    struct evidence_verify *v = context;
    switch (f->fault) {
    case EVIDENCE_CHANGED:
        tell_changed(v, f->row);
        break;
    case EVIDENCE_REWRITTEN:
        tell_rewritten(v, f->row);
        break;
    case EVIDENCE_MISSING:
        tell_missing(v, f->row, f->other, false);
        break;
    case EVIDENCE_CUT:
        tell_missing(v, f->row, f->other, true);
        break;
    case EVIDENCE_ADDED:
        tell_added(v, f->row, f->other);
        break;
    case EVIDENCE_SWAPPED:
        tell_moved(v, f->row, f->other, true);
        break;
    case EVIDENCE_MOVED:
        tell_moved(v, f->row, f->other, false);
        break;
    case EVIDENCE_HEAD:
        tell_head(v, f->row);
        break;
    }
}
