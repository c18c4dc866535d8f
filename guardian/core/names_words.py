"""Words of a display name that are nobody's name: devices, classes, pronouns, families, roles. Small tables.

Case-folded and without marks (``scripts.plain``). A word on the list of people counts as a name first.
"""

from __future__ import annotations

import re

DEVICES = frozenset(
    "android chromebook computer desktop device galaxy handy huawei imac ipad iphone ipod kindle laptop lenovo"
    " mac macbook mobile mobil movil moto motorola nokia notebook oneplus oppo pc phone pixel poco realme redmi"
    " samsung surface tab tablet telefon telefono telefone telephone thinkpad vivo webcam xiaomi xperia zte zoom"
    " honor celular cellulare cell portable ordinateur rechner tablette smartphone air pro max mini plus ultra"
    " lite note edge book air series windows win dell acer asus hp fire hd tb sm fold flip 5g 4g browser chrome"
    " safari firefox web call callin caller telefoon gsm telef телефон айфон айпад планшет компьютер ноутбук"
    " телефона смартфон κινητο υπολογιστης טלפון נייד אייפד אייפון מחשב هاتف جوال ايفون ايباد كمبيوتر موبايل"
    " گوشي 手机 手機 电脑 電腦 平板 아이폰 아이패드 휴대폰 컴퓨터 スマホ パソコン फोन मोबाइल ফোন મોબાઇલ ફોન"
    " โทรศัพท์ หูฟัง".split()
)
GENERIC = frozenset(
    "user guest family shared kitchen living library classroom work office personal old student pupil"
    " participant attendee owner home house me my name new unknown anonymous kid kids child schueler schuler"
    " eleve alumno aluno invitado gast benutzer usuario usuario1 person test visitor viewer member learner"
    " classmate admin1 default ученик гость пользователь 学生 學生 用户 학생 ученица".split()
)
LINKS = frozenset("s de of du da do di del des d von van for from the a el la le i in dem der и של من".split())
"""Between a device and its owner."""
PARTICLES = frozenset(
    "van von der den de del della di da do dos das du la le los las el al bin bint ben ibn abu abd af av zu zum"
    " zur ter het op ten te y e i o ua ni nic mac mc san santa st saint dr jr sr ii iii".split()
)
"""Small words of surnames: sharing one of them says nothing."""
PRONOUNS = frozenset(
    "she her hers he him his they them theirs ze zir xe xem it its any all pronouns pronoun ask ella elle el"
    " ellos elles er ihm sie ihr ihn dey hen hon han hun ham lei lui loro ela ele elu delu dele dela il iel lo"
    " la le ona jej on jego onu ono oni ho ji jeho zij haar hij hem hen hun die o".split()
)
CLASSES = frozenset(
    "class klasse classe clase grade year yr form room group gruppe grupo team seat row table desk no nr num"
    " number roll homeroom section period kl klas klass klassi klase klasa luokka trida trieda razred osztaly"
    " turma aula raum sala zimmer jahrgang stufe gr grp block level set house cohort lesson course math maths"
    " english science biology chemistry physics history art music pe lab morning afternoon primary secondary th"
    " st nd rd класс клас группа урок 班 年 组 組 学年 號 号 반 학년 번 שיעור כיתה صف فصل كلاس कक्षा শ্রেণী ταξη"
    " τμημα คลาส ห้อง".split()
)
STATES = frozenset(
    "mic mike microphone audio sound video cam camera broken working muted mute late brb afk away back soon"
    " sick phone is am are not off on my no lunch break wifi internet connection lag lagging bad here hi hello"
    " sorry please cant hear busy bathroom toilet coming waiting ready present online offline left leaving"
    " eating dinner".split()
)
FAMILY = frozenset(
    "mother mum mom mummy mommy mama father dad daddy papa parent parents family families sister brother"
    " sibling siblings grandma grandpa granny grandmother grandfather grandad nan nanny aunt auntie uncle"
    " guardian carer caregiver household mutter vater eltern familie oma opa tante onkel familia madre padre"
    " padres mami papi mae pai pais maman mere pere famille parents frere soeur famiglia mamma genitori nonna"
    " nonno rodina matka ojciec rodzina mamo mormor farmor morfar foraldrar familj vanhemmat aiti perhe szulo"
    " csalad мама папа мать отец семья родители бабушка дедушка родина маjка таjко μαμα μπαμπας οικογενεια"
    " γονεας მამა დედა ოჯახი אמא אבא משפחת משפחה הורה سبتا والده والد عائله ام اب مادر پدر خانواده 妈妈 媽媽"
    " 爸爸 家长 家長 家人 엄마 아빠 어머니 아버지 가족 부모 ママ パパ お母さん お父さん 家族 माँ पिता परिवार মা"
    " বাবা পরিবার મમ્મી પપ્પા પરિવાર".split()
)
ROLES = frozenset(
    "host cohost co-host teacher tutor admin administrator moderator presenter organizer organiser organizador"
    " principal headteacher head coach instructor professor lehrer lehrerin schulleiter profesor profesora"
    " maestro maestra profe professeur enseignant insegnante docente docent leraar laerer larare opettaja"
    " nauczyciel ucitel ogretmen anfitrion gastgeber hote staff support technician it helpdesk help service"
    " official security police inspector recorder recording bot notetaker assistant interviewer supervisor"
    " manager zoom webex jitsi system operator substitute sub учитель преподаватель администратор организатор"
    " хост ведущий δασκαλος καθηγητης מורה מנהל معلم استاذ مدرس مدير 老师 老師 主持人 教师 선생님 호스트 교사"
    " 先生 ホスト शिक्षक অধ্যাপক শিক্ষক શિક્ષક ครู".split()
)
FILLERS = frozenset(
    "your our my the of this meeting class school real new a an is me i am im at and in zoom room".split()
)
TITLES = frozenset(
    "mr mrs ms miss mx dr prof professor sir madam herr frau fraulein senor senora sr sra monsieur mme mlle".split()
)
ANDS = frozenset("and und et och og and& και و та и".split())

BRACKETS = re.compile(
    r"\(([^()]*)\)?|\[([^\[\]]*)\]?|\{([^{}]*)\}?|<([^<>]*)>?|【([^】]*)】?|「([^」]*)」?|『([^』]*)』?|〔([^〕]*)〕?"
    r"|\"([^\"]+)\"|“([^”]+)”"
)
SLASHED = re.compile(r"(?<![^\s,;|–—-])[^\s/]+(?:\s?/\s?[^\s/]+){1,3}(?!\S)")
"""Words with strokes between: pronouns are written like that."""
CODE = re.compile(r"\d")
SCHOOL = re.compile(r"\d+\s*[年学學]\s*级?級?|\d+\s*[班组組号號반번]|\d+\s*학년")
OWNER_ENDS = ("의", "の", "的")
