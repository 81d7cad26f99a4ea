/* SPDX-License-Identifier: MIT
 * The password policy: length in characters and a list of the most common passwords. No I/O; must
 * not log or print a password. */
#include "account.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../base/text.h"

/* Sorted by bytes; lower case, because the comparison ignores case. Only passwords of at least
 * eight characters, because shorter ones are refused for their length. */
static const char *const common[] = {
    "00000000",      "000000000",     "0000000000",    "01234567",
    "012345678",     "0123456789",    "0987654321",    "0okm9ijn",
    "10101010",      "101010101",     "11111111",      "111111111",
    "1111111111",    "11112222",      "11223344",      "1122334455",
    "112233445566",  "12121212",      "121212121",     "12312312",
    "123123123",     "1231231234",    "123123123a",    "123321123",
    "12341234",      "123412345",     "12344321",      "123454321",
    "12345678",      "123456780",     "123456781",     "123456788",
    "123456789",     "1234567890",    "1234567891",    "12345678910",
    "1234567891011", "123456789123",  "123456789a",    "123456789q",
    "12345678a",     "12345678q",     "12345679",      "1234567a",
    "12345qwert",    "1234qwer",      "123qwe123",     "123qwe123qwe",
    "123qweasd",     "123qweasdzxc",  "13131313",      "14141414",
    "147258369",     "147852369",     "15151515",      "159357456",
    "159753159",     "19841984",      "19851985",      "19861986",
    "19871987",      "19881988",      "19891989",      "19901990",
    "19911991",      "19921992",      "1q2w3e4r",      "1q2w3e4r5t",
    "1q2w3e4r5t6y",  "1qaz!qaz",      "1qaz2wsx",      "1qaz2wsx3edc",
    "1qazxsw2",      "1qazzaq1",      "20002000",      "20102010",
    "20202020",      "20232023",      "20242024",      "20252025",
    "21212121",      "22222222",      "23232323",      "25252525",
    "258456258",     "31313131",      "321654987",     "32323232",
    "33333333",      "42424242",      "44444444",      "45454545",
    "456789123",     "52525252",      "55555555",      "66666666",
    "69696969",      "741852741",     "741852963",     "753951852",
    "77777777",      "78787878",      "789456123",     "87654321",
    "876543210",     "88888888",      "888888888",     "963852741",
    "987654321",     "9876543210",    "98989898",      "99887766",
    "99999999",      "999999999",     "a1234567",      "a12345678",
    "a123456789",    "a1b2c3d4",      "a1b2c3d4e5",    "aa123456",
    "aa12345678",    "aaaaaaaa",      "aaaaaaaaa",     "aaaaaaaaaa",
    "abc12345",      "abc123456",     "abc123abc",     "abc123def",
    "abc@1234",      "abcabcabc",     "abcd1234",      "abcd@1234",
    "abcdefg1",      "abcdefgh",      "abcdefghi",     "abcdefghij",
    "access123",     "access14",      "admin123",      "admin1234",
    "admin12345",    "admin123456",   "admin@123",     "admin@1234",
    "adminadmin",    "adminadmin1",   "administrator", "administrator1",
    "adminpassword", "alejandra",     "alejandro",     "alexander",
    "alexander1",    "alexandra",     "america1",      "american",
    "andrew123",     "angel123",      "angels123",     "anthony1",
    "anything",      "argentina",     "arsenal1",      "arsenal123",
    "asd123asd",     "asdasdasd",     "asdf1234",      "asdf@1234",
    "asdfasdf",      "asdfghjk",      "asdfghjkl",     "asdfqwer",
    "asdqwe123",     "asdzxc123",     "ashley12",      "ashley123",
    "australia",     "australia1",    "autumn2024",    "autumn2025",
    "autumn2026",    "azertyui",      "azertyuiop",    "babyboy1",
    "babygirl",      "babygirl1",     "babygirl123",   "barcelona",
    "barcelona1",    "baseball",      "baseball1",     "basketball",
    "batman123",     "benjamin",      "benjamin1",     "bestfriend",
    "bismillah",     "blessed1",      "blessing",      "blink182",
    "blueberry",     "brazil123",     "brittany",      "brittany1",
    "brother1",      "bulldog1",      "bulldogs",      "bullshit",
    "bullshit1",     "business",      "butterfly",     "butterfly1",
    "california",    "california1",   "canada123",     "caroline",
    "changeit",      "changeme",      "changeme1",     "changeme123",
    "charlie1",      "charlie123",    "cheesecake",    "chelsea1",
    "chelsea123",    "children",      "chocolate",     "chocolate1",
    "christian",     "christian1",    "christina",     "christine",
    "christmas",     "cinderella",    "cocacola",      "cocacola1",
    "colombia",      "company1",      "company123",    "computer",
    "computer1",     "contrasena",    "contraseña",    "correcthorsebatterystaple",
    "corvette",      "counter1",      "counterstrike", "courtney",
    "cowboys1",      "creative",      "cristina",      "customer",
    "customer1",     "daniel123",     "danielle",      "december",
    "december1",     "default1",      "default123",    "demo1234",
    "demodemo",      "diablo123",     "dinosaur",      "dolphin1",
    "dolphins",      "dragon12",      "dragon123",     "dragon1234",
    "eagle123",      "ecommerce",     "elephant",      "elizabeth",
    "elizabeth1",    "eminem123",     "england1",      "faith123",
    "family123",     "father123",     "february",      "fernando",
    "ferrari1",      "flower123",     "football",      "football1",
    "football123",   "forever1",      "forever123",    "forgetit",
    "fortnite",      "fortnite1",     "france123",     "francisco",
    "freedom1",      "freedom123",    "friends1",      "friends123",
    "fuckyou1",      "fuckyou2",      "gandalf1",      "gandalf123",
    "garfield",      "garfield1",     "germany1",      "godisgood",
    "godisgreat",    "guest123",      "guestguest",    "guitar123",
    "happiness",     "happy123",      "harley123",     "harleydavidson",
    "heaven123",     "hello123",      "hello1234",     "hello12345",
    "hello1hello",   "hellohello",    "hellokitty",    "helloworld",
    "helloworld1",   "hockey123",     "hunter12",      "hunter123",
    "iamgod123",     "idontknow",     "ihateyou",      "ihateyou1",
    "ilovegod",      "iloveme1",      "ilovemyself",   "iloveyou",
    "iloveyou!",     "iloveyou1",     "iloveyou123",   "iloveyou2",
    "iloveyouu",     "india123",      "india@123",     "indonesia",
    "internet",      "internet1",     "isabella",      "january1",
    "jennifer",      "jennifer1",     "jessica1",      "jessica123",
    "jesus123",      "jesus777",      "jesuschrist",   "jonathan",
    "jonathan1",     "jordan123",     "jordan23",      "joshua123",
    "juventus",      "kangaroo",      "killer123",     "krishna1",
    "lakers24",      "lamborghini",   "letmein!",      "letmein1",
    "letmein12",     "letmein123",    "letmeinnow",    "linkinpark",
    "liverpool",     "liverpool1",    "lkjhgfdsa",     "login123",
    "london123",     "lovelove",      "lovelove1",     "lovely123",
    "loveme123",     "loveyou1",      "lucky123",      "manager1",
    "manager123",    "manchester",    "manutd123",     "marlboro",
    "master12",      "master123",     "master1234",    "matrix123",
    "matthew1",      "mercedes",      "metallica",     "metallica1",
    "michael1",      "michael123",    "michelle",      "michelle1",
    "mickey123",     "midnight",      "midnight1",     "million1",
    "minecraft",     "minecraft1",    "minnie123",     "mnbvcxz1",
    "money123",      "monkey12",      "monkey123",     "monkey1234",
    "moonlight",     "motdepasse",    "mother123",     "motorcycle",
    "mustang1",      "mylove123",     "mypassword",    "mypassword1",
    "mysql123",      "natasha1",      "nathalie",      "newcastle",
    "newpassword",   "newyork1",      "newyork123",    "nicholas",
    "nicholas1",     "ninja123",      "nintendo",      "nirvana1",
    "nopassword",    "nothing1",      "nothing123",    "november",
    "office123",     "oldpassword",   "oracle123",     "p4ssw0rd",
    "p4ssword",      "p@$$w0rd",      "p@55w0rd",      "p@55word",
    "p@ssw0rd",      "p@ssw0rd1",     "p@ssword",      "p@ssword1",
    "pa$$w0rd",      "pa$$word",      "pa55w0rd",      "pa55word",
    "pakistan",      "pakistan1",     "pakistan123",   "panther1",
    "panthers",      "pass1234",      "pass12345",     "pass123456",
    "pass@123",      "pass@1234",     "pass@word1",    "passpass",
    "passpass1",     "passw0rd",      "passw0rd!",     "passw0rd1",
    "passw0rd123",   "password",      "password!",     "password01",
    "password1",     "password1!",    "password11",    "password12",
    "password123",   "password123!",  "password1234",  "password12345",
    "password2",     "password99",    "password@1",    "password@123",
    "passwort",      "passwort1",     "patricia",      "philippines",
    "phoenix1",      "phoenix123",    "pineapple",     "playstation",
    "poiuytrewq",    "pokemon1",      "pokemon12",     "pokemon123",
    "porsche911",    "portugal",      "princess",      "princess1",
    "princess123",   "q1234567",      "q1w2e3r4",      "q1w2e3r4t5",
    "q1w2e3r4t5y6",  "qazwsx123",     "qazwsxedc",     "qazwsxedcrfv",
    "qwe123qwe",     "qweasd123",     "qweasdzxc",     "qweqweqwe",
    "qwer1234",      "qwerasdf",      "qwerty01",      "qwerty11",
    "qwerty12",      "qwerty123",     "qwerty1234",    "qwerty12345",
    "qwerty123456",  "qwerty@123",    "qwertyqwerty",  "qwertyui",
    "qwertyuiop",    "qwertyuiop123", "qwertz123",     "rangers1",
    "realmadrid",    "rocknroll",     "rockstar",      "rockstar1",
    "root1234",      "rootroot",      "russia123",     "samantha",
    "samantha1",     "saturday",      "scarface",      "scooby123",
    "scoobydoo",     "scorpion",      "scorpion1",     "sebastian",
    "secret12",      "secret123",     "secret1234",    "secure123",
    "security",      "security1",     "september",     "september1",
    "server123",     "server1234",    "service1",      "shadow12",
    "shadow123",     "shop1234",      "shopping",      "shopping1",
    "shopshop",      "singapore",     "slipknot",      "slipknot1",
    "snickers",      "snoopy123",     "soccer123",     "softball",
    "something",     "spiderman",     "spiderman1",    "spring2024",
    "spring2025",    "spring2026",    "starlight",     "starwars",
    "starwars1",     "steelers",      "steelers1",     "stephanie",
    "stephanie1",    "strawberry",    "strawberry1",   "success1",
    "success123",    "summer12",      "summer123",     "summer2023",
    "summer2024",    "summer2025",    "summer2026",    "sunshine",
    "sunshine1",     "sunshine123",   "superman",      "superman1",
    "support1",      "support123",    "sweetheart",    "sweetheart1",
    "sweetpea",      "system123",     "temp1234",      "temporary",
    "temporary1",    "temppass",      "test1234",      "test12345",
    "test123456",    "test@123",      "tester123",     "testing1",
    "testing123",    "testtest",      "testtest1",     "testuser",
    "thepassword",   "thomas123",     "thunder1",      "thunder123",
    "thursday",      "tiger123",      "tigger123",     "tinkerbell",
    "toortoor",      "topsecret",     "truelove",      "trustno1",
    "trustnoone",    "unknown1",      "user1234",      "username",
    "username1",     "userpassword",  "veronica",      "victoria",
    "victoria1",     "volleyball",    "warcraft",      "warcraft1",
    "watermelon",    "webshop1",      "webshop123",    "wednesday",
    "welcome1",      "welcome12",     "welcome123",    "welcome1234",
    "welcome2",      "welcome2024",   "welcome2025",   "welcome2026",
    "welcome@1",     "welcome@123",   "whatever",      "whatever1",
    "winnie123",     "winter12",      "winter123",     "winter2023",
    "winter2024",    "winter2025",    "winter2026",    "wolf1234",
    "xbox3600",      "xbox360x",      "xxxxxxxx",      "yankees1",
    "yourpassword",  "zaq12wsx",      "zaq1xsw2",      "zaq1zaq1",
    "zaqwsxcde",     "zxcvbnm,./",    "zxcvbnm1",      "zxcvbnm123",
    "zxcvbnmz",      "zxcvzxcv",      "zzzzzzzz",
};

static int compare_words(const void *key, const void *word)
{
    return strcmp(key, *(const char *const *)word);
}

static bool is_common(const char *password, apr_pool_t *pool)
{
    size_t length = strlen(password);
    char *lower = apr_palloc(pool, length + 1);
    bool found;

    for (size_t i = 0; i <= length; i++) {
        lower[i] = (char)tolower((unsigned char)password[i]);
    }
    found = bsearch(lower, common, sizeof(common) / sizeof(common[0]), sizeof(common[0]),
                    compare_words) != NULL;
    explicit_bzero(lower, length);
    return found;
}

void shop_account_check_password(shop_error_t **err, const char *pointer, const char *password,
                                 int min, int max, apr_pool_t *pool)
{
    apr_size_t length;

    password = shop_text_opaque(password, pool); /* what is hashed */
    length = shop_text_length(password);
    if (length < (apr_size_t)min || length > (apr_size_t)max) {
        shop_error_violate(err, pool, pointer, "length", "must have %d to %d characters", min, max);
    } else if (is_common(password, pool)) {
        shop_error_violate(err, pool, pointer, "common",
                           "is one of the passwords that are guessed first");
    }
}
