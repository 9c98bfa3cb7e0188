/* dispatcher evidence forget: takes the address of one person out; the proof holds without it. */
#include "desk/evidence.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cli/say.h"
#include "desk/command_list.h"
#include "model/json.h"

#define ASIDE ".addresses.new"

static bool is_of(const struct evidence_reader *reader, const char *id)
{
    struct json_t *root = NULL;
    struct error ignored;
    int rc = json_parse(reader->line, reader->len, EVIDENCE_ADDRESSES, 1, 4, &root, &ignored);
    bool found = rc == 0 && text_equal(json_get_text(root, "id", NULL), id);
    json_free(root);
    return found;
}

/* The table of people says k3 where the notice is recall-2026_k3. */
static void note_longer(const struct evidence_reader *reader, const char *id, struct buf *out)
{
    struct json_t *root = NULL;
    struct error ignored;
    int rc = json_parse(reader->line, reader->len, EVIDENCE_ADDRESSES, 1, 4, &root, &ignored);
    const char *full = rc == 0 ? json_get_text(root, "id", "") : "";
    size_t len = strlen(full), own = strlen(id);
    if (out->len == 0 && len > own + 1 && text_ends_with(full, id) && full[len - own - 1] == '_')
        buf_puts(out, full);
    json_free(root);
}

static int64_t copy_but(struct evidence_reader *reader, const char *id, struct evidence_file *out,
                        struct buf *longer)
{
    int64_t dropped = 0;
    while (evidence_reader_next(reader)) {
        if (is_of(reader, id)) {
            dropped++;
            continue;
        }
        note_longer(reader, id, longer);
        evidence_file_put_text(out, reader->line);
        evidence_file_put_text(out, reader->cut ? "" : "\n");
    }
    return dropped;
}

static int put_in_place(const char *directory, struct error *err)
{
    int fd = file_open_directory(directory, err);
    if (fd < 0)
        return fd;
    int rc = file_put_over(fd, ASIDE, EVIDENCE_ADDRESSES, directory, err);
    close(fd);
    return rc;
}

static void remove_aside(const char *directory)
{
    char *aside = file_join(directory, ASIDE);
    unlink(aside);
    free(aside);
}

static int forget(const char *directory, const char *id, int64_t *out_dropped, struct error *err)
{
    struct evidence_reader reader;
    struct evidence_file aside;
    struct buf longer = {0};
    int rc = evidence_reader_open(directory, EVIDENCE_ADDRESSES, &reader, err);
    if (rc == 0 && reader.file == NULL)
        rc = error_set(err, ERR_NOT_FOUND, "there are no addresses in %s: no %s", directory,
                       EVIDENCE_ADDRESSES);
    if (rc != 0)
        return rc;
    remove_aside(directory); /* of somebody who was interrupted */
    rc = evidence_file_open(directory, ASIDE, 0600, &aside, err);
    if (rc == 0) {
        *out_dropped = copy_but(&reader, id, &aside, &longer);
        rc = evidence_file_close(&aside, 0, err);
    }
    if (rc == 0 && *out_dropped == 0 && longer.len > 0)
        rc = error_set(err, ERR_NOT_FOUND,
                       "%s holds no address of the notice \"%s\"; did you mean --id %s?",
                       EVIDENCE_ADDRESSES, id, buf_text(&longer));
    else if (rc == 0 && *out_dropped == 0)
        rc = error_set(err, ERR_NOT_FOUND, "%s holds no address of the notice \"%s\"",
                       EVIDENCE_ADDRESSES, id);
    if (rc == 0)
        rc = put_in_place(directory, err);
    if (rc != 0)
        remove_aside(directory);
    evidence_reader_close(&reader);
    buf_free(&longer);
    return rc;
}

static int run(const struct invocation *inv, struct error *err)
{
    const char *directory = argument_at(inv, 0), *id = option_value(inv, "id");
    int64_t dropped = 0;
    if (id == NULL)
        return error_set(err, ERR_USAGE, "say whose address: dispatcher evidence forget %s --id ID",
                         directory);
    int rc = forget(directory, id, &dropped, err);
    if (rc == 0 && invocation_json(inv))
        printf("{\"v\":1,\"removed\":%" PRId64 "}\n", dropped);
    else if (rc == 0)
        say(inv, stdout,
            "Addresses removed: %lld. This cannot be undone; the rest can still be checked:\n"
            "  dispatcher evidence verify %s\n",
            (long long)dropped, directory);
    return rc;
}

static const struct option_row options[] = {
    {"id", 0, "ID", "the notice, as in deliveries.jsonl"},
};

const struct command command_evidence_forget = {
    .name = "evidence forget",
    .arguments = "DIR --id ID",
    .summary = "takes the addresses of one person out of evidence; it can still be checked",
    .details = "  dispatcher evidence forget /srv/evidence/recall-2026 --id recall-2026_c17\n\n"
               "Removes the lines of this notice from addresses.jsonl, for good; what the rows say "
               "masked\n"
               "stays. Deleting the whole file is allowed, too. `evidence verify` counts what was "
               "removed.\n\n"
               "JSON, one object: v, removed.",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
