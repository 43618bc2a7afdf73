"""What the local models know of words: moods and topics, as data.

An entry that ends in `*` stands for every word that begins so. Words are folded: lower case, without accents.
Scripts
written without spaces are looked for as they are, anywhere in the text.
"""

from __future__ import annotations

from attrs import field, frozen


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


@frozen
class MoodWords:
    """A mood, and what tells it.

    Args:
        name: The mood.
        valence: How good it feels, -1 to 1.
        tags: What goes with it.
        words: Words that tell it, in several languages.
        emoji: Signs that tell it.
        opposite: What it is when it is denied.
    """

    name: str
    valence: float
    tags: tuple[str, ...] = field(converter=_words)
    words: tuple[str, ...] = field(converter=_words)
    emoji: str
    opposite: str


MOODS: tuple[MoodWords, ...] = (
    MoodWords(
        "adventurous",
        0.5,
        "energetic social bold",
        """adventur* explor* travel* roadtrip hike hiking climb* wander* daring spontaneous wild thrill* abenteuer*
        reise* aventur* viaj* voyag* avventur* viagg* avontu* reizen приключен* путешеств* 冒险 旅行 冒険 모험
        여행""",
        "🏔⛰🧗🏄🏕🗺🧭🚀🪂🤠",
        "calm",
    ),
    MoodWords(
        "excited",
        0.8,
        "energetic enthusiastic upbeat",
        """excit* thrilled hyped hype pumped stoked amazing awesome epic incredible wow omg finally cant-wait
        aufgeregt
        begeister* gespannt emocionad* excitad* entusiasm* excite* impatient* emozionat* animad* opgewonden
        взволнован*
        восторг* 激动 兴奋 ワクワク 설레""",
        "🔥🎉🤩🥳⚡🙌💥🎊✨😆",
        "bored",
    ),
    MoodWords(
        "happy",
        0.7,
        "joyful positive bright",
        """happy happi* glad joy* delight* cheer* smil* laugh* fun funny lol haha* yay good great wonderful lovely
        love
        best gluckl* freu* froh feliz* alegr* content* heureu* heureux joie felic* gioia gelukkig
        blij
        vrolijk счастл* рад рада радост* весел* 开心 快乐 高兴 嬉しい 幸せ 楽しい 행복 기뻐 सुखी खुश سعيد فرح""",
        "😀😃😄😁😊🙂☺😂🤣😎🌞👍💃🕺😸",
        "sad",
    ),
    MoodWords(
        "romantic",
        0.7,
        "affectionate warm intimate",
        """romanti* kiss* darling sweetheart crush beloved valentine* cuddl* hug hugs hugging in-love
        date-night liebe* verliebt
        kuss
        schatz amor enamorad* beso* amour* amoureu* bisou* amore innamorat* bacio liefde verliefd люблю любов*
        поцелу*
        爱你 恋爱 恋 사랑 प्यार حب""",
        "❤🧡💛💚💙💜💕💖💗💘💞💋😍🥰😘🌹💑💏",
        "lonely",
    ),
    MoodWords(
        "grateful",
        0.7,
        "thankful warm appreciative",
        """thank* grateful* gratitude appreciat* blessed dank* dankbar gracias agradec* merci reconnaissan* grazie
        obrigad* bedankt спасибо благодар* 谢谢 感谢 ありがとう 感謝 감사 धन्यवाद شكرا""",
        "🙏🤗💐",
        "angry",
    ),
    MoodWords(
        "calm",
        0.4,
        "relaxed peaceful mellow",
        """calm* relax* chill* peace* quiet* seren* cozy cosy mellow gentle meditat* breath* slow ruhig* entspann*
        gemutlich tranquil* calma sosega* tranquill* detend* rilass* kalm rustig спокой* тихо 平静 放松 落ち着 차분
        평화""",
        "😌🧘☕🍵🌿🌊🕯🌙🛀",
        "anxious",
    ),
    MoodWords(
        "confident",
        0.6,
        "strong motivated driven",
        """confident* proud* strong* power* unstoppable winning won winner boss ready motivat* determined crush-it
        stolz
        stark selbstbewusst orgullos* fuerte segur* fier fiere orgoglios* forte trots zelfverzekerd горжусь
        уверен*
        сильн* 自信 自豪 자신""",
        "💪😤🏆🥇👑🦾✊",
        "anxious",
    ),
    MoodWords(
        "inspired",
        0.6,
        "creative curious thoughtful",
        """inspir* creativ* idea ideas imagin* dream* creating paint* writing compos* curious* wonder
        wondering idee kreativ*
        traum* reve* sogn* ideia* droom* вдохнов* мечт* 灵感 梦想 夢 영감""",
        "💡🎨🎶🎵✍🌈🌠🖌📸",
        "bored",
    ),
    MoodWords(
        "playful",
        0.6,
        "fun witty lighthearted",
        """playful* silly goofy tease tease* joke* joking prank* cheeky mischie* flirt* witty lustig* albern spass
        bromista travies* diverti* blague* drole rigol* scherz* brincal* grapp* шутк* игрив* 调皮 面白い 장난""",
        "😜😝😛🤪😉😏🙃🤭😹🃏",
        "sad",
    ),
    MoodWords(
        "nostalgic",
        0.1,
        "reflective sentimental thoughtful",
        """nostalg* memories memory remember* throwback childhood old-days used-to reminisc* erinner* damals
        recuerd*
        anora* souvenir* ricord* saudade* herinner* ностальг* вспомин* 怀念 回忆 懐かし 추억""",
        "📼🎞🍂📻🕰",
        "excited",
    ),
    MoodWords(
        "lonely",
        -0.6,
        "isolated longing quiet",
        """lonel* alone miss missing isolated abandoned forgotten nobody einsam* allein* vermiss* solo solitar*
        solit*
        seul* manque* eenzaam одинок* скуча* 孤独 寂寞 寂しい 외로""",
        "🥀🐺🚶",
        "romantic",
    ),
    MoodWords(
        "sad",
        -0.7,
        "down melancholic tender",
        """sad sadly sadness sadder cry cried crying tears unhappy depress* heartbroken hurt* grief griev* gloomy awful
        terrible
        disappoint* traurig* weine* triste* tristeza llor* pleur* malheureu* piang* verdriet* droevig huil* грустн*
        печал*
        плач* 伤心 难过 悲伤 悲しい 슬퍼 슬프 दुखी حزين""",
        "😢😭😞😔☹🙁💔😿😥",
        "happy",
    ),
    MoodWords(
        "angry",
        -0.8,
        "frustrated intense tense",
        """angry anger* furious mad rage* hate* annoy* frustrat* pissed irritat* outrag* unfair worst wutend* sauer
        hasse* argerlich* enojad* enfadad* odio* rabia colere enerve* furieu* deteste* arrabbiat* raiva boos woedend
        злюсь злой бесит ненавиж* 生气 愤怒 怒 화나 गुस्सा غاضب""",
        "😠😡🤬👿💢🖕",
        "calm",
    ),
    MoodWords(
        "anxious",
        -0.6,
        "nervous restless tense",
        """anxi* nervous* worr* stress* panic* afraid scared fear fears fearful terrified overwhelm*
        uneasy nervos angst* sorge*
        preocupad* nervios* miedo* ansied* ansios* inquiet* peur* stresse* preoccupat* paura zenuwachtig
        тревож*
        боюсь волнуюсь страх* 焦虑 紧张 害怕 不安 怖い 불안 걱정""",
        "😰😨😱😟😬😖😧🫣",
        "confident",
    ),
    MoodWords(
        "tired",
        -0.3,
        "low-energy sleepy drained",
        """tired* exhaust* sleepy sleep* drained burnout burned-out weary yawn* fatigue* mude* erschopft schlaf*
        cansad*
        agotad* sueno fatigue* epuise* stanc* sonno uitgeput устал* сплю 累 疲惫 疲れ 眠い 피곤 졸려""",
        "😴🥱😪💤🛌😫",
        "excited",
    ),
    MoodWords(
        "bored",
        -0.3,
        "restless idle flat",
        """bored boring boredom dull meh whatever nothing-to-do langweil* aburrid* ennuy* ennui annoiat* noia
        entediad*
        saai verveel* скучн* 无聊 退屈 つまらない 심심 지루""",
        "😑😐🙄😒🫥",
        "excited",
    ),
)

NEUTRAL_TAGS = ("balanced", "neutral")
#: Words that turn the next ones round, and words that make them stronger.
DENIALS = frozenset(
    _words(
        """not no never dont don't isnt isn't wasnt wasn't cant can't without hardly aint ain't nicht kein keine nie
        nunca
    jamais pas non niet geen nao nada не нет никогда sin"""
    )
)
BOOSTERS = frozenset(
    _words(
        """very so really super extremely totally absolutely incredibly sooo soo sehr total echt muy tan tres
        tellement molto
    muito heel erg zo очень так"""
    )
)

#: A topic, and the words that show an interest in it.
TOPICS: dict[str, tuple[str, ...]] = {
    topic: _words(words)
    for topic, words in {
        "art": "art arts artist* paint* drawing draw illustrat* sketch* sculpt* kunst* arte museum ceramic* pottery",
        "beauty": "beauty makeup cosmetic* skincare nails hair hairstyl* salon",
        "books": "book books read* writer* writing author* poet* poem* novel* literatur* bucher libros",
        "business": "business startup* entrepreneur* marketing finance invest* crypto trading",
        "comedy": "comedy comedian* standup jokes funny humor humour improv meme memes",
        "cooking": "cook* chef food foodie bak* recipe* kitchen vegan cuisine kochen cocina restaurant* coffee wine",
        "crafts": "craft* diy knit* crochet* sew* woodwork* handmade maker",
        "dance": "danc* ballet salsa tango hiphop choreograph* tanz* baile* twerk",
        "education": "teach* tutor* lesson* learn* language* math* science course* student* coach* mentor*",
        "fashion": "fashion style stylist* outfit* model* clothes moda mode streetwear",
        "film": "film* movie* cinema* director actor* actress* acting series anime video videograph* vlog*",
        "fitness": "fitness gym workout* train* trainer* yoga pilates crossfit muscle* bodybuild* run* running runner* "
        "marathon cardio sport* exercise*",
        "gaming": "gam* gamer* esport* twitch speedrun* minecraft fortnite console rpg playstation xbox nintendo",
        "health": "health* wellness nutrition* therap* massage mental mindful* meditat* selfcare diet*",
        "music": "music* song* sing* singer* guitar* piano* band dj producer beats rap rapper* jazz rock concert* "
        "musik* musica drum* violin* vocal*",
        "nature": "nature garden* plant* hik* camp* mountain* forest* ocean beach surf* outdoor* wildlife sunset* "
        "climb*",
        "parenting": "mom mum dad parent* family kids baby children",
        "pets": "pet pets dog* cat cats puppy puppies kitten* horse* animal* vet",
        "photography": "photo* photograph* camera* portrait* lens foto* shoot*",
        "relationships": "dating relationship* love couple* romance friend* friendship companion* listen* advice talk*",
        "spirituality": "spiritual* tarot astrolog* zodiac faith prayer* church buddhis* crystal* reiki",
        "tech": "tech technolog* cod* coder* program* developer* software linux python ai robot* electronic* hardware",
        "travel": "travel* trip* backpack* wander* nomad* adventur* explor* reise* viaj* voyag* flight* hotel*",
        "vehicles": "car cars motor* bike* biker* cycling racing race drift* truck* aviation pilot*",
    }.items()
}
STOP = frozenset(
    _words(
        """a about after all also am an and any are as at be because been but by can do does for from get got had
        has have he
    her here hers him his how i if im i'm in into is it its just like lot make me more most much my new no not now
    of off
    on one or our out over own please she so some than that the their them then there these they this those through
    to
    too up us very was we were what when where which who why will with you your yours who's und der die das ich bin
    ein
    eine mit fur von auf el la los las de del un una y en soy con por para le les des du et je suis avec pour il lo
    di e
    che per con sono een het van ik ben voor photo picture pic image video post caption bio something someone thing
    things want need write looking"""
    )
)
