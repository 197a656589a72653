"""Short news texts in many languages, written for the tests, and pages around them."""

ARABIC = (
    "أعلنت وزارة الصحة اليوم افتتاح ثلاثة مستشفيات جديدة في شمال البلاد، وقالت إن العمل فيها سيبدأ مع بداية "
    "الشهر المقبل. "
    "وأوضح الوزير في مؤتمر صحفي أن المشروع كلف نحو أربعين مليون دولار، وأن الأطباء والممرضين تلقوا تدريبا خاصا "
    "في العاصمة.",
    "تأجلت المباراة النهائية بسبب الأمطار الغزيرة التي هطلت على المدينة منذ الصباح، وطلب الاتحاد من الجماهير "
    "الاحتفاظ بالتذاكر. "
    "وقال المدرب للصحفيين إن اللاعبين في حالة جيدة وإنهم ينتظرون الموعد الجديد الذي سيعلن عنه غدا.",
    "قال شهود عيان إن السوق القديم في وسط المدينة عاد إلى نشاط"
    "ه بعد أسابيع من الإغلاق، وإن التجار يأملون في موسم أفضل. "
    "ويشكو السكان من ارتفاع أسعار الخبز والزيت والسكر، بينما تؤكد البلدية أن الأسعار ستنخفض قبل نهاية العام.",
)
RUSSIAN = (
    "Министерство здравоохранения сообщило сегодня об открытии трёх новых больниц на севере страны. По словам "
    "министра, работа "
    "в них начнётся в начале следующего месяца, а врачи и медсёстры уже прошли обучение в столице.",
    "Финальный матч перенесён из-за сильного дождя, который идёт в городе с самого утра. Тренер сказал "
    "журналистам, что игроки "
    "в хорошей форме и ждут новой даты, о которой объявят завтра.",
    "Очевидцы рассказали, что старый рынок в центре города снова работает после нескольких недель перерыва. "
    "Жители жалуются на "
    "рост цен на хлеб, масло и сахар, но власти обещают снижение до конца года.",
)
GREEK = (
    "Το υπουργείο Υγείας ανακοίνωσε σήμερα τη λειτουργία τριών νέων νοσοκομείων στη βόρεια χώρα. Σύμφωνα με τον "
    "υπουργό, οι "
    "εργασίες θα αρχίσουν στις αρχές του επόμενου μήνα και οι γιατροί έχουν ήδη εκπαιδευτεί στην πρωτεύουσα.",
    "Ο τελικός αναβλήθηκε λόγω της δυνατής βροχής που πέφτει στην πόλη από το πρωί. Ο προπονητής είπε στους "
    "δημοσιογράφους ότι "
    "οι παίκτες είναι σε καλή κατάσταση και περιμένουν τη νέα ημερομηνία.",
)
JAPANESE = (
    "厚生労働省は本日、北部地域に三つの新しい病院を開設すると発表した。大臣による"
    "と、診療は来月の初めから始まり、医師や看護師はすでに首都で研修を受けたという。",
    "決勝戦は朝から降り続く大雨のため延期された。監督は記者団に対し、選手の状態は良く、明日発表"
    "される新しい日程を待っていると語った。スタンドのファンはチケットを保管するよう求められた。",
)
CHINESE_SIMPLIFIED = (
    "卫生部今天宣布将在北部地区开设三家新医院。部长表示，医院将于下月初"
    "开始接诊，医生和护士已经在首都接受了培训。项目总投资约四千万美元。",
    "由于从早上开始的大雨，决赛被推迟。主教练对记者说，球员们状"
    "态良好，正在等待明天公布的新日期。主办方请球迷保留好门票。",
)
CHINESE_TRADITIONAL = (
    "衛生部今天宣布將在北部地區開設三家新醫院。部長表示，醫院將於下月初"
    "開始接診，醫生和護士已經在首都接受了培訓。項目總投資約四千萬美元。",
    "由於從早上開始的大雨，決賽被推遲。主教練對記者說，球員們狀"
    "態良好，正在等待明天公布的新日期。主辦方請球迷保留好門票。",
)
KOREAN = (
    "보건부는 오늘 북부 지역에 새로운 병원 세 곳을 연다고 발표했다. 장관은 다음 달"
    " 초부터 진료를 시작하며 의사와 간호사들이 이미 수도에서 교육을 받았다고 말했다.",
    "아침부터 내린 폭우로 결승전이 연기되었다. 감독은 기자들에게 선수들"
    "의 상태가 좋으며 내일 발표될 새로운 날짜를 기다리고 있다고 밝혔다.",
)
TURKISH = (
    "Sağlık Bakanlığı bugün ülkenin kuzeyinde üç yeni hastanenin açılacağını duyurdu. Bakan, çalışmaların "
    "gelecek ayın başında "
    "başlayacağını, doktor ve hemşirelerin başkentte eğitim gördüğünü söyledi. Şehirde yaşayanlar kararı "
    "sevinçle karşıladı.",
    "Sabahtan beri yağan şiddetli yağmur yüzünden final maçı ertelendi. Teknik direktör gazetecilere "
    "oyuncuların iyi durumda "
    "olduğunu ve yarın açıklanacak yeni tarihi beklediklerini belirtti. Taraftarlardan biletlerini saklamaları "
    "istendi.",
)
HEBREW = (
    "משרד הבריאות הודיע היום על פתיחת שלושה בתי חולים חדשים ב"
    "צפון הארץ. לדברי השר, העבודה בהם תתחיל בתחילת החודש הבא, "
    "והרופאים והאחיות כבר עברו הכשרה בבירה.",
    "משחק הגמר נדחה בגלל הגשם הכבד שיורד בעיר מאז הבוקר. המאמן אמר לעיתונאים כי השחקנים במצב טוב ומחכים לתאריך "
    "החדש שיפורסם מחר.",
)
THAI = (
    "กระทรวงสาธารณสุขประกาศวันนี้ว่าจะเปิดโรงพยาบาลใหม่สามแห่งในภาคเหนือของประเทศ รัฐมนตรีกล่าวว่าการทำงานจะเริ่มต้นเดือนหน้า",
    "การแข่งขันรอบชิงชนะเลิศถูกเลื่อนออกไปเพราะฝนตกหนักตั้งแต่เช้า ผู้ฝึกสอนบอกกับนักข่าวว่านักกีฬาพร้อมและรอวันใหม่ที่จะประกาศพรุ่งนี้",
)
POLISH = (
    "Ministerstwo Zdrowia ogłosiło dzisiaj otwarcie trzech nowych szpitali na północy kraju. Według ministra "
    "praca rozpocznie się "
    "na początku przyszłego miesiąca, a lekarze i pielęgniarki przeszli już szkolenie w stolicy. Mieszkańcy "
    "cieszą się z tej wiadomości.",
    "Mecz finałowy został przełożony z powodu ulewnego deszczu, który pada w mieście od rana. Trener powiedział "
    "dziennikarzom, że "
    "zawodnicy są w dobrej formie i czekają na nową datę, która zostanie ogłoszona jutro.",
)
CZECH = (
    "Ministerstvo zdravotnictví dnes oznámilo otevření tří nových nemocnic na severu země. Podle ministra začne "
    "práce na začátku "
    "příštího měsíce a lékaři i sestry již prošli školením v hlavním městě. Obyvatelé zprávu přivítali s radostí.",
    "Finálový zápas byl odložen kvůli silnému dešti, který ve městě trvá od rána. Trenér řekl novinářům, že "
    "hráči jsou v dobrém "
    "stavu a čekají na nový termín, který bude oznámen zítra.",
)
HUNGARIAN = (
    "Az egészségügyi minisztérium ma bejelentette, hogy három új kórház nyílik az ország északi részén. A "
    "miniszter szerint a munka "
    "a jövő hónap elején kezdődik, az orvosok és az ápolók már részt vettek a fővárosi képzésen.",
    "A döntőt elhalasztották a reggel óta zuhogó eső miatt. Az edző azt mondta az újságíróknak, hogy a "
    "játékosok jó állapotban "
    "vannak, és várják a holnap kihirdetésre kerülő új időpontot.",
)
FRENCH = (
    "Le ministère de la Santé a annoncé aujourd’hui l’ouverture de trois nouveaux hôpitaux dans le nord du "
    "pays. Selon le ministre, "
    "l’activité débutera au début du mois prochain et les médecins ont déjà été formés dans la capitale.",
    "La finale a été reportée à cause de la forte pluie qui tombe sur la ville depuis ce matin. L’entraîneur a "
    "déclaré que les "
    "joueurs étaient prêts et attendaient la nouvelle date.",
)
GERMAN = (
    "Das Gesundheitsministerium kündigte heute die Eröffnung von drei neuen Krankenhäusern im Norden des Landes "
    "an. Laut dem Minister "
    "beginnt der Betrieb Anfang nächsten Monats, Ärzte und Pfleger wurden bereits geschult.",
    "Das Endspiel wurde wegen des starken Regens verschoben, der seit dem frühen Morgen über der Stadt fällt. "
    "Der Trainer sagte, die "
    "Spieler seien in guter Verfassung und müssten nun auf den neuen Termin warten.",
)
UKRAINIAN = (
    "Міністерство охорони здоров'я повідомило сьогодні про відкриття трьох нових лікарень на півночі країни. За "
    "словами міністра, "
    "робота в них розпочнеться на початку наступного місяця, а лікарі вже пройшли навчання у столиці.",
    "Фінальний матч перенесено через сильний дощ, який іде в місті з самого ранку. Тренер сказав журналістам, "
    "що гравці у добрій "
    "формі й чекають на нову дату, яку оголосять завтра.",
)


def page(text: str, charset: str | None = None) -> str:
    """Return a page with navigation and `text`; `charset` is what its meta element claims."""
    meta = f'<meta charset="{charset}">' if charset else ""
    return (
        f"<!DOCTYPE html><html><head>{meta}<title>{text[:40]}</title>"
        '<link rel="stylesheet" href="/site.css"><script>var a = 1; function f(x) { return x + a; }</script></head>'
        '<body class="home"><div id="nav"><a href="/">News</a> <a href="/sport">Sport</a></div>'
        f'<div class="content"><h1>{text[:40]}</h1><p>{text}</p><p>{text}</p></div></body></html>'
    )
