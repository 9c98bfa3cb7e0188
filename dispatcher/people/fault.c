#include "people/fault.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/attributes.h"
#include "base/text.h"
#include "people/cell.h"
#include "people/column_words.h"

/* "row:17:33: SENTENCE": the column, 0 if there is none. */
int fault_split_position(const char *text, const char **out_sentence)
{
    static const char digits[] = "0123456789";
    const char *at = text + strlen(FAULT_SHOWN);
    *out_sentence = text;
    if (!text_starts_with(text, FAULT_SHOWN ":"))
        return 0;
    at += 1 + strspn(at + 1, digits);
    if (*at != ':')
        return 0;
    int column = (int)strtol(at + 1, NULL, 10);
    at += 1 + strspn(at + 1, digits);
    if (strncmp(at, ": ", 2) != 0)
        return 0;
    *out_sentence = at + 2;
    return column;
}

/* Our sentences say what is wrong, then how to mend it: behind a semicolon, or a colon and a verb.
 */
char *fault_split_mend(char *sentence)
{
    static const char *const verbs[] = {"write ", "leave ", "use ",    "give ",
                                        "add ",   "say ",   "remove ", "this is a national"};
    char *at = strstr(sentence, "; ");
    if (at == NULL) {
        char *behind = strstr(sentence, ": ");
        for (size_t i = 0; behind != NULL && i < COUNT_OF(verbs); i++) {
            if (text_starts_with(behind + 2, verbs[i]))
                at = behind;
        }
    }
    if (at == NULL)
        return NULL;
    *at = '\0';
    return at + 2;
}

/* Each person needs the text in their own language: a column may be missing, or its cell empty. */
static int tell_missing_text(struct findings *f, const struct row *row, int column,
                             const struct buf *name)
{
    struct buf mend = {0};
    if (column < 0)
        buf_printf(&mend,
                   "add a column %s, or put the text of each language into \"data\" of batch.json",
                   buf_text(name));
    findings_add(f, &(struct finding){.row = row->row,
                                      .column = buf_text(name),
                                      .problem = column < 0
                                                     ? "this person's letter needs this text, and "
                                                       "there is no such column"
                                                     : "this person's letter needs this text",
                                      .mend = column < 0 ? mend.data : "fill this cell"});
    buf_free(&mend);
    return column;
}

/* Whoever's language was wrong gets another one here, whose texts need not be there. */
static bool language_is_known(const struct columns *c)
{
    int column = columns_find(c, "/locale");
    return column < 0 || !columns_forgot(c, column);
}

static void put_gender_mend(const char *value, struct buf *out)
{
    const char *meant = words_find_gender(value);
    if (meant != NULL)
        buf_printf(out, "write %s", meant);
    else
        buf_puts(out, "write female for Frau or Ms, male for Herr or Mr, or leave it empty");
}

static int tell_cell(struct findings *f, const struct columns *columns, const struct row *row,
                     int column, const char *sentence)
{
    const char *value = column >= 0 ? columns_value(columns, column) : "";
    bool lost = cell_is_power_of_ten(value);
    char *problem = xstrdup(lost ? cell_power_of_ten.problem : sentence);
    const char *mend = lost ? cell_power_of_ten.mend : fault_split_mend(problem);
    struct buf gender = {0};
    if (column >= 0 && *value != '\0' && column == columns_find(columns, "/to/gender")) {
        put_gender_mend(value, &gender);
        mend = gender.data;
    }
    if (mend == NULL)
        mend = *value != '\0' ? "correct this cell"
               : column >= 0  ? "fill this cell"
                              : "correct this row";
    findings_add(f, &(struct finding){.row = row->row,
                                      .column = column >= 0 ? columns_name(columns, column) : NULL,
                                      .value = column >= 0 ? value : NULL,
                                      .problem = problem,
                                      .mend = mend});
    free(problem);
    buf_free(&gender);
    return column;
}

/* Whoever has no address: told by the columns that could hold one. */
static int tell_nobody(struct findings *f, const struct columns *columns, const struct row *row)
{
    static const char *const pointers[] = {"/to/email", "/to/phone", "/to/webhook"};
    const char *names[COUNT_OF(pointers)];
    size_t count = 0;
    struct buf problem = {0};
    for (size_t i = 0; i < COUNT_OF(pointers); i++) {
        int column = columns_find(columns, pointers[i]);
        if (column >= 0)
            names[count++] = columns_name(columns, column);
    }
    buf_puts(&problem, count > 1 ? "this row has neither " : "this row has no ");
    for (size_t i = 0; i < count; i++)
        buf_printf(&problem, "%s%s", i == 0 ? "" : i + 1 == count ? " nor " : ", ", names[i]);
    findings_add(f,
                 &(struct finding){.row = row->row,
                                   .problem = problem.data,
                                   .mend = count > 1 ? "fill one of these cells, or remove the row"
                                                     : "fill this cell, or remove the row"});
    buf_free(&problem);
    return -1;
}

int fault_tell(struct findings *f, const struct columns *columns, const struct row *row, bool again,
               const struct error *why)
{
    struct buf missing = {0};
    const char *sentence;
    int column = fault_split_position(why->text, &sentence), found = -1;
    if (columns == NULL)
        return again ? -1 : tell_cell(f, NULL, row, -1, sentence);
    if (columns_miss_text(columns, sentence, &found, &missing)) {
        bool news = language_is_known(columns) && (found < 0 || !columns_forgot(columns, found));
        found = news ? tell_missing_text(f, row, found, &missing) : -1;
        buf_free(&missing);
        return found;
    }
    if (text_starts_with(sentence, "\"to\" names nobody") ||
        text_starts_with(sentence, "\"to\" is missing"))
        return again ? -1 : tell_nobody(f, columns, row);
    found = columns_blame(columns, &row->line, column, sentence, &sentence);
    if (found < 0 ? again : columns_forgot(columns, found))
        return -1;
    return tell_cell(f, columns, row, found, sentence);
}
