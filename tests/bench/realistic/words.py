"""The vocabulary of the corpus, early words the most frequent, and what each language is written in."""

WORDS: dict[str, list[str]] = {language: text.split() for language, text in {
    "en": """
        the of and to in is that for it as was with be on by this have from or one had not but what all were when we there can
        an your which their said if do will each about how up out them then she many some so these would other into has more
        her two like him see time could no make than first been its who now people my made over did down only way find use may
        water long little very after words called just where most know get through back much before go good new write our used
        me man too any day same right look think also around another came come work three word must because does part even
        place well such here take why things help put years different away again off went old number great tell men say small
        every found still between name should home big give air line set own under read last never us left end along while
        might next sound below saw something thought both few those always looked show large often together asked house world
        going want school important until form food keep children feet land side without boy once animal life enough took four
        head above kind began almost live page got earth need far hand high year mother light country father let night picture
        being study second soon story since white ever paper hard near sentence better best across during today however sure
        knew it's try told young sun thing whole hear example heard several change answer room sea against top turned learn
        point city play toward five himself usually money seen didn't car morning I'm body upon family later turn move face
        door cut done group true half red fish plants invoice meeting budget contract deadline project customer delivery
        quarterly report attached please confirm regards schedule order payment shipping update release review deploy server
        incident ticket support account password renewal offer proposal agenda minutes draft approval signature""",
    "de": """
        der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie
        nach wird bei einer um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man
        sein wurde sei Prozent hatte kann gegen vom können schon wenn habe seine Mark ihre dann unter wir soll ich eines Jahr
        zwei Jahren diese dieser wieder keine Uhr seiner worden will zwischen immer Millionen was sagte gibt alle diesem seit
        muss wurden beim doch jetzt waren drei Jahre mit Rechnung Besprechung Angebot Vertrag Lieferung Kunde Termin Anhang
        freundlichen Grüßen bitte Bestätigung Übersicht Änderung Verfügung Prüfung Straße größer möglich Gebühr Kündigung
        Auftrag""",
    "fr": """
        de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se le ce il sont la avec son s'est été
        aux d'une cette être ont mais comme on tout nous sa fait deux même ses bien où sans peut tous après ainsi donc leurs
        temps entre faire elle dont contre avant encore très autres depuis moins avait était aussi facture réunion contrat
        livraison client délai pièce jointe cordialement confirmer échéance réponse problème équipe société numéro été période
        présenté""",
    "es": """
        de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin sobre este
        ya entre cuando todo esta ser son dos también fue había era muy años hasta desde está mi porque qué sólo han yo hay
        vez puede todos así nos ni parte tiene él uno donde bien tiempo mismo ese ahora cada vida otro después otros aunque
        esa eso hace otra gobierno tan durante siempre día tanto ella factura reunión contrato señor año atención dirección
        envío información""",
    "pl": """
        w i z na do nie że się o jest to po jak a za od przez dla ale był tym co przy tak już roku oraz ich tylko także lub są
        który może ma być jego będzie jako bardzo czy wszystkie żeby spotkanie faktura umowa dostawa klient załącznik proszę
        potwierdzić pozdrawiam zamówienie zmiana szczegóły dziękuję środa piątek późno źródło ćwiczenie łączność""",
    "ru": """
        и в не на я быть он с что а по это она этот к но они мы весь который из у то за свой год от так о для ты же все тот
        мочь вы человек такой его сказать только или ещё бы себя один как уже до время если сам когда другой вот говорить наш
        мой знать стать при чтобы дело жизнь кто первый очень два день её новый рука даже во со раз где там под можно ну какой
        после их работа без самый потом надо хотеть ли слово идти большой должен место иметь ничто встреча договор счёт
        поставка клиент срок вложение уважением подтвердите""",
    "ja": """
        会議 の 件 について ご 連絡 いたし ます 。 添付 ファイル を ご確認 ください 。 お世話 に なって おり ます 、 よろしく お願い 請求書 納期 契約 変更 資料 予定 本日 明日 来週 以上 山田 田中 株式会社 部長
        メール 返信 対応 確認 完了 問題 報告 製品 開発 品質 検討""",
    "zh": """
        您好 关于 会议 的 通知 请 查看 附件 中 文件 谢谢 合同 发票 交货 客户 时间 安排 我们 已经 完成 项目 下周 今天 确认 回复 报告 产品 开发 质量 问题 。 ， 公司 经理 邮件 系统 更新 服务 价格 订单 支付
        数据 安全 管理 北京 上海""",
    "el": """
        και το να του η της με που την από για τα είναι των σε ο οι στο θα τη στην τον τους δεν τις ένα μια ότι ή στη στα μας
        αλλά έχει κατά μετά αυτό όπως τιμολόγιο συνάντηση σύμβαση παράδοση πελάτης συνημμένο παρακαλώ επιβεβαιώστε ευχαριστώ""",
    "ar": """
        في من على أن إلى عن مع هذا التي الذي كان هو ما لا هذه بعد كل ذلك بين قد لم غير عند حتى أو إذا اليوم اجتماع فاتورة عقد
        تسليم عميل مرفق يرجى تأكيد شكرا تحياتي مشروع تقرير""",
}.items()}

LANGUAGES = (("en", 46), ("de", 22), ("fr", 7), ("es", 5), ("pl", 3), ("ru", 6), ("ja", 4), ("zh", 3), ("el", 2), ("ar", 2))  # with shares in per cent

CHARSETS = {  # charset, transfer encoding, share in per cent
    "en": (("us-ascii", "7bit", 50), ("utf-8", "quoted-printable", 30), ("utf-8", "7bit", 20)),
    "de": (("utf-8", "quoted-printable", 45), ("utf-8", "8bit", 25), ("iso-8859-1", "quoted-printable", 20), ("iso-8859-1", "8bit", 10)),
    "fr": (("utf-8", "quoted-printable", 60), ("iso-8859-1", "quoted-printable", 20), ("utf-8", "8bit", 20)),
    "es": (("utf-8", "quoted-printable", 70), ("iso-8859-1", "8bit", 30)),
    "pl": (("utf-8", "8bit", 50), ("iso-8859-2", "quoted-printable", 50)),
    "ru": (("utf-8", "base64", 50), ("koi8-r", "8bit", 25), ("windows-1251", "base64", 25)),
    "ja": (("iso-2022-jp", "7bit", 50), ("utf-8", "base64", 35), ("shift_jis", "base64", 15)),
    "zh": (("utf-8", "base64", 60), ("gb18030", "base64", 40)),
    "el": (("utf-8", "base64", 60), ("iso-8859-7", "8bit", 40)),
    "ar": (("utf-8", "base64", 70), ("windows-1256", "base64", 30)),
}

FIRST_NAMES = """
    anna bernd carla david elena frank gina hans irina jonas karin lars maria nils olga paul rita stefan tanja uwe vera
    walter xenia yusuf zoe emma liam noah mia ben lea tom eva max ida leo kai ute jan rosa hugo""".split()
LAST_NAMES = """
    mueller schmidt weber fischer wagner becker hoffmann schulz koch richter klein wolf neumann schwarz braun hofmann
    smith jones brown taylor wilson davis evans martin garcia rossi ferrari novak kowalski ivanov petrov tanaka sato li
    wang chen kim nguyen silva costa""".split()
DISPLAY_NAMES = ("Müller, Anna", "Jörg Weiß", "Иван Петров", "山田太郎", "José García", "Łukasz Nowak", "Zoë Smith", "Ελένη Κώστα")
OTHER_DOMAINS = (
    "example.com", "example.net", "example.org", "mail.example.com", "kunde.example", "partner.example", "shop.example",
    "lists.example", "news.example", "gov.example", "uni.example", "bank.example"
)
AGENTS = (
    "Microsoft Outlook 16.0", "Mozilla Thunderbird", "Apple Mail (2.3774.500.171)", "Evolution 3.46.4",
    "Roundcube Webmail/1.6", "Mutt/2.2.9", "K-9 Mail for Android",
)
