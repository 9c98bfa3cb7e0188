/* dispatcher evidence verify: needs nothing but the folder. */
#include "desk/evidence_verify.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/say.h"
#include "desk/command_list.h"
#include "desk/evidence_duties.h"
#include "model/json.h"

#define MANIFEST_MAX ((size_t)256 * 1024 * 1024)
#define README_MAX   ((size_t)1024 * 1024)
#define DOCUMENT_MAX ((size_t)64 * 1024 * 1024)

/* ---- addresses ---- */

static void tell_address(struct evidence_verify *v, int64_t row, const char *what)
{
    if (!evidence_begin_finding(v, &(struct evidence_named){EVIDENCE_ADDRESSES, row, 0, what}))
        return;
    if (strcmp(what, "stranger") == 0)
        say(v->inv, stdout, "%s: there is no delivery in row %lld that this address belongs to.\n",
            EVIDENCE_ADDRESSES, (long long)row);
    else if (strcmp(what, "added") == 0)
        say(v->inv, stdout, "%s: the address of row %lld stands there twice, or out of order.\n",
            EVIDENCE_ADDRESSES, (long long)row);
    else
        say(v->inv, stdout, "%s: the address of row %lld was changed.\n", EVIDENCE_ADDRESSES,
            (long long)row);
}

/* Byte by byte as the export writes it: whatever else stands in it was put there. */
static bool is_as_exported(const struct evidence_reader *reader, const struct json_t *line)
{
    struct buf text = {0};
    evidence_put_address(&text, json_get_text(line, "address", ""), json_get_text(line, "id", ""),
                         json_get_int(line, "row", 0), json_get_text(line, "salt", ""));
    bool same = text.len == reader->len + 1 && memcmp(text.data, reader->line, reader->len) == 0;
    buf_free(&text);
    return same;
}

/* Takes the next line that is one. Lines may be gone, but not be otherwise. */
static void advance(struct evidence_verify *v)
{
    struct evidence_addresses *a = &v->addresses;
    int64_t before = a->row;
    json_free(a->line);
    a->line = NULL;
    while (a->line == NULL && evidence_reader_next(&a->reader)) {
        struct error ignored;
        int64_t row = 0;
        if (json_parse(a->reader.line, a->reader.len, EVIDENCE_ADDRESSES, 1, 4, &a->line,
                       &ignored) == 0)
            row = json_get_int(a->line, "row", 0);
        if (row > before) {
            a->row = row;
            a->count++;
        } else {
            tell_address(v, row > 0 ? row : before + 1, row > 0 ? "added" : "changed");
        }
        if (row <= before) {
            json_free(a->line);
            a->line = NULL;
        }
    }
}

static bool has_addresses(const struct evidence_verify *v)
{
    return text_equal(json_get_text(v->manifest, "addresses", NULL), "full");
}

static void open_addresses(struct evidence_verify *v, struct error *err, int *rc)
{
    *rc = 0;
    if (v->manifest != NULL && !has_addresses(v))
        return; /* if there are any, they are strangers */
    *rc = evidence_reader_open(v->directory, EVIDENCE_ADDRESSES, &v->addresses.reader, err);
    if (*rc == 0)
        advance(v);
}

static void match_address(struct evidence_verify *v, const struct json_t *row, int64_t number)
{
    struct evidence_addresses *a = &v->addresses;
    char commitment[DIGEST_HEX_SIZE];
    while (a->line != NULL && a->row < number)
        advance(v);
    if (a->line == NULL || a->row != number)
        return;
    evidence_commit(json_get_text(a->line, "salt", ""), json_get_text(a->line, "address", ""),
                    commitment);
    if (strcmp(commitment, json_get_text(row, "address_commitment", "")) != 0 ||
        strcmp(json_get_text(a->line, "id", ""), json_get_text(row, "id", "")) != 0 ||
        !is_as_exported(&a->reader, a->line))
        tell_address(v, number, "changed");
    advance(v);
}

/* What is left belongs to the last rows, if those were found wrong themselves, or to none. */
static void close_addresses(struct evidence_verify *v)
{
    struct evidence_addresses *a = &v->addresses;
    for (; a->line != NULL; advance(v)) {
        if (a->row <= v->rows)
            continue;
        tell_address(v, a->row, "stranger");
        a->count--;
    }
    evidence_reader_close(&a->reader);
    v->removed = has_addresses(v) && v->rows > a->count ? v->rows - a->count : 0;
}

/* ---- decisions: the chain of the ledger within the one of the file ---- */

static void put_decision(struct buf *out, const struct json_t *row)
{
    buf_printf(out, "[%" PRId64 ",%" PRId64 ",", json_get_int(row, "action", 0),
               json_get_int(row, "at_ms", 0));
    buf_put_json(out, json_get_text(row, "verb", ""));
    buf_putc(out, ',');
    buf_put_json(out, json_get_text(row, "who", ""));
    buf_putc(out, ',');
    buf_put_json(out, json_get_text(row, "selector", ""));
    buf_printf(out, ",%" PRId64 ",", json_get_int(row, "count", 0));
    buf_put_json(out, json_get_text(row, "reason", ""));
    buf_printf(out, ",\"%s\"]", json_get_text(row, "ledger_previous", ""));
}

static bool decision_holds(const struct json_t *row)
{
    struct buf text = {0};
    unsigned char digest[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    if (json_get_bool(row, "withheld", false))
        return true;
    put_decision(&text, row);
    digest_sha256(text.data, text.len, digest);
    buf_free(&text);
    return strcmp(digest_hex(digest, hex), json_get_text(row, "ledger_hash", "")) == 0;
}

static void match_decision(struct evidence_verify *v, const struct json_t *row, int64_t number)
{
    struct evidence_chain start;
    const char *previous = json_get_text(row, "ledger_previous", "");
    evidence_begin(&start);
    bool follows = number != v->decision + 1 ||
                   strcmp(previous, number == 1 ? start.head : v->ledger_hash) == 0;
    if ((!follows || !decision_holds(row)) &&
        evidence_begin_finding(v, &(struct evidence_named){v->file, number, 0, "ledger"}))
        say(v->inv, stdout, "%s, row %lld: is not what the ledger's own chain of actions says.\n",
            v->file, (long long)number);
    v->decision = number;
    snprintf(v->ledger_hash, sizeof(v->ledger_hash), "%s", json_get_text(row, "ledger_hash", ""));
}

/* ---- chains ---- */

static void look_within(struct evidence_verify *v, enum evidence_part part,
                        const struct evidence_line *line, int64_t last)
{
    if (!line->sound)
        return;
    if (part == EVIDENCE_DELIVERIES && line->row > last)
        match_address(v, line->root, line->row);
    if (part == EVIDENCE_DECISIONS)
        match_decision(v, line->root, line->row);
}

static void read_part(struct evidence_verify *v, enum evidence_part part,
                      struct evidence_reader *reader, const struct json_t *facts)
{
    struct evidence_check check;
    int64_t last = 0;
    evidence_check_begin(&check, facts != NULL ? json_get_int(facts, "rows", 0) : -1,
                         evidence_tell_finding, v);
    while (evidence_reader_next(reader)) {
        struct evidence_line line;
        evidence_read_line(reader->line, reader->cut ? 0 : reader->len, &line);
        evidence_check_line(&check, &line);
        look_within(v, part, &line, last);
        last = line.row > last ? line.row : last;
        evidence_line_clear(&line);
    }
    evidence_check_end(&check, json_get_text(facts, "head", NULL));
    if (part == EVIDENCE_DELIVERIES)
        v->rows = check.total >= 0 ? check.total : check.expected - 1;
}

/* An older export has fewer of them, and its manifest says so. */
static bool has_part(const struct evidence_verify *v, const char *file)
{
    return v->manifest == NULL || json_get(json_get(v->manifest, "files"), file) != NULL;
}

static int verify_part(struct evidence_verify *v, enum evidence_part part, struct error *err)
{
    struct evidence_reader reader;
    v->file = evidence_part_name(part);
    const struct json_t *facts = json_get(json_get(v->manifest, "files"), v->file);
    if (!has_part(v, v->file))
        return 0;
    int rc = evidence_reader_open(v->directory, v->file, &reader, err);
    if (rc != 0)
        return rc;
    if (reader.file == NULL)
        evidence_tell_file(v, v->file, "missing");
    else
        read_part(v, part, &reader, facts);
    evidence_reader_close(&reader);
    return 0;
}

static int verify_deliveries(struct evidence_verify *v, struct error *err)
{
    int rc;
    open_addresses(v, err, &rc);
    if (rc == 0)
        rc = verify_part(v, EVIDENCE_DELIVERIES, err);
    close_addresses(v);
    return rc;
}

/* ---- what is whole files ---- */

/* 1: it has another hash, 0: it is as it was, ERR_NOT_FOUND, ERR_IO. */
static int compare_file(const struct evidence_verify *v, const char *name, size_t limit,
                        const char *sha256, struct error *err)
{
    struct buf bytes = {0};
    unsigned char digest[DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE];
    char *path = file_join(v->directory, name);
    int rc = file_read_path(path, limit, &bytes, err);
    free(path);
    digest_sha256(buf_text(&bytes), bytes.len, digest);
    buf_free(&bytes);
    if (rc == ERR_INPUT)
        return 1;
    return rc != 0 ? rc : strcmp(digest_hex(digest, hex), sha256) != 0;
}

static int verify_file(struct evidence_verify *v, const char *name, size_t limit,
                       const char *sha256, struct error *err)
{
    int rc = compare_file(v, name, limit, sha256, err);
    if (rc == ERR_NOT_FOUND)
        evidence_tell_file(v, name, "missing");
    if (rc == 1)
        evidence_tell_file(v, name, "changed");
    return rc == ERR_NOT_FOUND || rc == 1 ? 0 : rc;
}

static void put_document_name(struct buf *out, const struct json_t *document)
{
    buf_printf(out, EVIDENCE_LETTERS "/%s", json_get_text(document, "file", ""));
}

static bool is_document(const struct json_t *documents, const char *file)
{
    for (size_t i = 0; i < json_count(documents); i++)
        if (text_equal(json_get_text(json_at(documents, i), "file", NULL), file))
            return true;
    return false;
}

static bool is_file(const struct evidence_verify *v, const char *file)
{
    static const char *const always[] = {EVIDENCE_MANIFEST, EVIDENCE_README};
    for (size_t i = 0; i < COUNT_OF(always); i++)
        if (strcmp(file, always[i]) == 0)
            return true;
    for (int part = 0; part < EVIDENCE_PARTS; part++)
        if (strcmp(file, evidence_part_name((enum evidence_part)part)) == 0)
            return has_part(v, file);
    if (strcmp(file, EVIDENCE_LETTERS) == 0)
        return json_count(json_get(v->manifest, "documents")) > 0;
    return strcmp(file, EVIDENCE_ADDRESSES) == 0 && has_addresses(v);
}

static bool is_ours(const struct evidence_verify *v, const char *folder, const char *file)
{
    if (strcmp(file, ".") == 0 || strcmp(file, "..") == 0)
        return true;
    return folder == NULL ? is_file(v, file)
                          : is_document(json_get(v->manifest, "documents"), file);
}

/* `folder` NULL: of the export itself. */
static void find_strangers(struct evidence_verify *v, const char *folder)
{
    char *path = folder != NULL ? file_join(v->directory, folder) : xstrdup(v->directory);
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        struct buf name = {0};
        buf_printf(&name, "%s%s%s", folder != NULL ? folder : "", folder != NULL ? "/" : "",
                   entries[i]->d_name);
        if (!is_ours(v, folder, entries[i]->d_name))
            evidence_tell_file(v, name.data, "added");
        buf_free(&name);
        free(entries[i]);
    }
    free(entries);
    free(path);
}

static int verify_documents(struct evidence_verify *v, struct error *err)
{
    const struct json_t *documents = json_get(v->manifest, "documents");
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < json_count(documents); i++) {
        const struct json_t *document = json_at(documents, i);
        struct buf name = {0};
        put_document_name(&name, document);
        rc = verify_file(v, name.data, DOCUMENT_MAX, json_get_text(document, "sha256", ""), err);
        buf_free(&name);
    }
    if (rc == 0 && json_count(documents) > 0)
        find_strangers(v, EVIDENCE_LETTERS);
    return rc;
}

/* ---- the manifest ---- */

static int read_manifest(struct evidence_verify *v, struct buf *out, struct error *err)
{
    char *path = file_join(v->directory, EVIDENCE_MANIFEST);
    int rc = file_read_path(path, MANIFEST_MAX, out, err);
    if (rc == ERR_NOT_FOUND)
        rc = error_set(
            err, ERR_NOT_FOUND,
            "%s is not there: this is no export of evidence, or one that was interrupted", path);
    free(path);
    return rc;
}

static bool is_known(const struct json_t *manifest)
{
    const char *format = json_get_text(manifest, "format", NULL);
    return text_equal(format, EVIDENCE_FORMAT) || text_equal(format, EVIDENCE_FORMER);
}

static int open_manifest(struct evidence_verify *v, struct error *err)
{
    struct buf text = {0};
    struct evidence_line line = {0};
    int rc = read_manifest(v, &text, err);
    if (rc != 0)
        return rc;
    if (text.len > 0 && text.data[text.len - 1] == '\n')
        evidence_read_line(text.data, text.len - 1, &line);
    if (line.sound && is_known(line.root)) {
        v->manifest = line.root;
        memcpy(v->seal, line.hash, sizeof(v->seal));
    } else if (line.sound) {
        rc = error_set(err, ERR_INPUT,
                       "%s: this program knows \"%s\", and this evidence is \"%s\"; verify it with "
                       "a newer version",
                       EVIDENCE_MANIFEST, EVIDENCE_FORMAT,
                       json_get_text(line.root, "format", "of no format"));
        json_free(line.root);
    } else {
        evidence_tell_file(v, EVIDENCE_MANIFEST, "changed");
    }
    buf_free(&text);
    return rc;
}

static int check_seal(const char *seal, struct error *err)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    if (seal == NULL ||
        (strlen(seal) == DIGEST_HEX_SIZE - 1 && strspn(seal, digits) == DIGEST_HEX_SIZE - 1))
        return 0;
    return error_set(err, ERR_USAGE,
                     "--seal \"%.70s\": that is no whole seal (64 digits, 0 to 9 and a to f); copy "
                     "it as it was written down at the export",
                     seal);
}

static void compare_seal(struct evidence_verify *v, const char *seal)
{
    if (seal != NULL && v->manifest != NULL && strcasecmp(seal, v->seal) != 0)
        evidence_tell_file(v, EVIDENCE_MANIFEST, "seal");
}

/* ---- the command ---- */

static int verify_all(struct evidence_verify *v, struct error *err)
{
    int rc = verify_deliveries(v, err);
    for (int part = EVIDENCE_DECISIONS; rc == 0 && part < EVIDENCE_PARTS; part++)
        rc = verify_part(v, (enum evidence_part)part, err);
    if (rc == 0 && v->manifest != NULL)
        rc = verify_documents(v, err);
    if (rc == 0 && v->manifest != NULL)
        rc = verify_file(v, EVIDENCE_README, README_MAX,
                         json_get_text(v->manifest, "readme_sha256", ""), err);
    if (rc == 0 && v->manifest != NULL)
        find_strangers(v, NULL);
    return rc;
}

static void tell_sound(const struct evidence_verify *v, const char *seal)
{
    char number[OUTPUT_NUMBER_SIZE];
    say(v->inv, stdout, "Nothing was changed: %s deliveries, and every link of the chains holds.\n",
        output_number(v->rows, number));
    evidence_duties_tell(v->inv, json_get(v->manifest, "duties"));
    if (seal != NULL)
        say(v->inv, stdout, "The seal is the one you gave.\n");
    else
        say(v->inv, stdout,
            "Seal: %s\n"
            "Compare it with the one written down at the export (--seal): whoever makes all of it "
            "anew is found by nothing else.\n",
            v->seal);
}

/* What the manifest says of them, if it is the one that was exported. */
static void print_duties(const struct evidence_verify *v)
{
    const struct json_t *duties = json_get(v->manifest, "duties");
    struct buf text = {0};
    if (duties != NULL) {
        buf_puts(&text, ",\"duties\":");
        json_put(&text, duties);
    }
    printf("%s}\n", buf_text(&text));
    buf_free(&text);
}

static void tell_end(const struct evidence_verify *v, const char *seal)
{
    char number[OUTPUT_NUMBER_SIZE];
    if (invocation_json(v->inv)) {
        printf("{\"v\":1,\"end\":true,\"valid\":%s,\"findings\":%" PRId64 ",\"rows\":%" PRId64
               ",\"removed_addresses\":%" PRId64 ",\"seal\":\"%s\",\"seal_given\":%s",
               v->findings == 0 ? "true" : "false", v->findings, v->rows, v->removed, v->seal,
               seal != NULL ? "true" : "false");
        print_duties(v);
        return;
    }
    if (v->findings > EVIDENCE_SHOWN_MOST)
        say(v->inv, stdout, "%lld findings more; --json lists them all.\n",
            (long long)(v->findings - EVIDENCE_SHOWN_MOST));
    if (v->findings == 0)
        tell_sound(v, seal);
    else
        say(v->inv, stdout, "This evidence is not as it was exported: %s findings.\n",
            output_number(v->findings, number));
    if (v->removed > 0)
        say(v->inv, stdout, "Addresses that were removed since, as is allowed: %s.\n",
            output_number(v->removed, number));
}

static int run(const struct invocation *inv, struct error *err)
{
    const char *seal = option_value(inv, "seal");
    struct evidence_verify v = {.inv = inv, .directory = argument_at(inv, 0)};
    int rc = check_seal(seal, err);
    if (rc == 0)
        rc = open_manifest(&v, err);
    if (rc == 0) {
        compare_seal(&v, seal);
        rc = verify_all(&v, err);
    }
    if (rc == 0)
        tell_end(&v, seal);
    json_free(v.manifest);
    return rc != 0 ? rc : v.findings > 0;
}

static const struct option_row options[] = {
    {"seal", 0, "HEX", "the seal that was written down at the export"},
};

const struct command command_evidence_verify = {
    .name = "evidence verify",
    .arguments = "DIR",
    .summary = "has anybody changed this evidence? Names every row",
    .details =
        "  dispatcher evidence verify /srv/evidence/recall-2026 --seal $(cat seal.txt)\n\n"
        "Reads the folder and nothing else: no ledger, no configuration. Names the file and the\n"
        "row of everything that was changed, removed, added or moved; keep what you add (notes, "
        "the\n"
        "seal) beside the folder. Addresses may be removed (`evidence forget`), and are counted.\n"
        "Exit status 0: as it was exported; 1: not; 64: that is no whole seal; 66: no evidence, "
        "or\n"
        "an export that was interrupted.\n\n"
        "JSON, one per line: v, file, row (and to: the last row, or the other one), what: "
        "changed,\n"
        "rewritten, missing, cut, added, stranger, swapped, moved, head, ledger, seal; then v, "
        "end, valid,\n"
        "findings, rows, removed_addresses, seal, seal_given, duties (looked_at, as_of, states; at "
        "the\n"
        "export).",
    .options = options,
    .option_count = COUNT_OF(options),
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
