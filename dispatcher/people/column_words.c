#include "people/column_words.h"

#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"

#define WRITE_GENDER ", and write female (Frau, Ms, 여성), male (Herr, Mr, 남성) or neutral in it"
#define WRITE_LOCALE ", and write de, ko, en or the like in it"
#define OR_GIVEN     ", or to given_name if another column holds the family name"
#define OR_ID        ", or to id if it is to tell the recipients apart"

/* clang-format off */
static const struct column_word columns[] = {
    {"sprache", "locale", WRITE_LOCALE},
    {"sprachcode", "locale", WRITE_LOCALE},
    {"korrespondenzsprache", "locale", WRITE_LOCALE},
    {"language", "locale", WRITE_LOCALE},
    {"languagecode", "locale", WRITE_LOCALE},
    {"preferredlanguage", "locale", WRITE_LOCALE},
    {"lang", "locale", WRITE_LOCALE},
    {"언어", "locale", WRITE_LOCALE},
    {"언어코드", "locale", WRITE_LOCALE},
    {"사용언어", "locale", WRITE_LOCALE},

    {"vorname", "given_name", NULL},
    {"vornamen", "given_name", NULL},
    {"rufname", "given_name", NULL},
    {"firstname", "given_name", NULL},
    {"forename", "given_name", NULL},

    {"nachname", "family_name", NULL},
    {"familienname", "family_name", NULL},
    {"zuname", "family_name", NULL},
    {"lastname", "family_name", NULL},
    {"surname", "family_name", NULL},
    {"성", "family_name", NULL},
    {"성씨", "family_name", NULL},

    {"fullname", "name", NULL},
    {"vollername", "name", NULL},
    {"vollständigername", "name", NULL},
    {"empfänger", "name", NULL},
    {"kundenname", "name", NULL},
    {"customername", "name", NULL},
    {"recipient", "name", NULL},
    {"이름", "name", OR_GIVEN},
    {"성명", "name", NULL},
    {"고객명", "name", NULL},
    {"회원명", "name", NULL},
    {"수신인", "name", NULL},
    {"수신자", "name", NULL},

    {"titel", "title", NULL},
    {"akademischertitel", "title", NULL},

    {"anrede", "gender", WRITE_GENDER},
    {"geschlecht", "gender", WRITE_GENDER},
    {"salutation", "gender", WRITE_GENDER},
    {"sex", "gender", WRITE_GENDER},
    {"성별", "gender", WRITE_GENDER},

    {"mail", "email", NULL},
    {"mailadresse", "email", NULL},
    {"mailaddress", "email", NULL},
    {"emailadresse", "email", NULL},
    {"emailaddress", "email", NULL},
    {"이메일", "email", NULL},
    {"이메일주소", "email", NULL},
    {"메일", "email", NULL},
    {"메일주소", "email", NULL},
    {"전자우편", "email", NULL},

    {"telefon", "phone", NULL},
    {"telefonnummer", "phone", NULL},
    {"telefonnr", "phone", NULL},
    {"tel", "phone", NULL},
    {"telnr", "phone", NULL},
    {"rufnummer", "phone", NULL},
    {"handy", "phone", NULL},
    {"handynummer", "phone", NULL},
    {"handynr", "phone", NULL},
    {"mobil", "phone", NULL},
    {"mobilnummer", "phone", NULL},
    {"mobiltelefon", "phone", NULL},
    {"mobile", "phone", NULL},
    {"mobilenumber", "phone", NULL},
    {"mobilephone", "phone", NULL},
    {"cell", "phone", NULL},
    {"cellphone", "phone", NULL},
    {"phonenumber", "phone", NULL},
    {"telephone", "phone", NULL},
    {"telephonenumber", "phone", NULL},
    {"전화", "phone", NULL},
    {"전화번호", "phone", NULL},
    {"휴대폰", "phone", NULL},
    {"휴대폰번호", "phone", NULL},
    {"휴대전화", "phone", NULL},
    {"휴대전화번호", "phone", NULL},
    {"핸드폰", "phone", NULL},
    {"핸드폰번호", "phone", NULL},
    {"연락처", "phone", NULL},

    {"zeitzone", "timezone", NULL},
    {"시간대", "timezone", NULL},

    {"aktenzeichen", "reference", NULL},
    {"referenz", "reference", NULL},
    {"kundennummer", "reference", OR_ID},
    {"kundennr", "reference", OR_ID},
    {"mitgliedsnummer", "reference", OR_ID},
    {"customernumber", "reference", OR_ID},
    {"customerid", "reference", OR_ID},
    {"참조번호", "reference", NULL},
    {"접수번호", "reference", NULL},
    {"고객번호", "reference", OR_ID},
    {"회원번호", "reference", OR_ID},
    {"nr", "id", NULL},
    {"lfdnr", "id", NULL},
    {"번호", "id", NULL},
    {"순번", "id", NULL},
    {"아이디", "id", NULL},
};

static const struct {
    const char *word, *gender;
} genders[] = {
    {"female", "female"}, {"f", "female"}, {"w", "female"}, {"frau", "female"},
    {"weiblich", "female"}, {"woman", "female"}, {"ms", "female"}, {"mrs", "female"},
    {"miss", "female"}, {"여", "female"}, {"여자", "female"}, {"여성", "female"},
    {"male", "male"}, {"m", "male"}, {"herr", "male"}, {"herrn", "male"},
    {"männlich", "male"}, {"man", "male"}, {"mr", "male"},
    {"남", "male"}, {"남자", "male"}, {"남성", "male"},
    {"neutral", "neutral"}, {"divers", "neutral"}, {"d", "neutral"}, {"x", "neutral"},
    {"mx", "neutral"}, {"nonbinary", "neutral"}, {"other", "neutral"},
};
/* clang-format on */

/* "Tel.-Nr." is "telnr". */
static void put_bare(struct buf *out, const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        unsigned char c = (unsigned char)*at;
        if (c >= 'A' && c <= 'Z')
            buf_putc(out, (char)(c - 'A' + 'a'));
        else if (c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            buf_putc(out, *at);
    }
}

const struct column_word *words_find_column(const char *header)
{
    const struct column_word *found = NULL;
    struct buf bare = {0};
    put_bare(&bare, header);
    for (size_t i = 0; found == NULL && i < COUNT_OF(columns); i++) {
        if (strcmp(columns[i].word, buf_text(&bare)) == 0)
            found = &columns[i];
    }
    buf_free(&bare);
    return found;
}

const char *words_find_gender(const char *value)
{
    const char *found = NULL;
    struct buf bare = {0};
    put_bare(&bare, value);
    for (size_t i = 0; found == NULL && i < COUNT_OF(genders); i++) {
        if (strcmp(genders[i].word, buf_text(&bare)) == 0)
            found = genders[i].gender;
    }
    buf_free(&bare);
    return found;
}
