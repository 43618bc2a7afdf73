"""Phrases that the local writer fills in: by genre and tone, each with `{it}` for what it is about, as data.

`{It}` begins with a capital; `{sign}` is an emoji of the topic, or one of the tone.
"""

from __future__ import annotations

from platform_core.assist.ports import Genre

#: What a tone may also be called; the first that a tone's text begins with counts.
TONES: dict[str, tuple[str, ...]] = {
    "playful": ("playful", "fun", "humor", "humour", "silly", "cheeky", "witty", "sassy", "flirt", "quirky", "joking"),
    "romantic": ("romantic", "sweet", "love", "loving", "tender", "poetic", "dreamy", "sensual", "intimate"),
    "professional": ("professional", "formal", "business", "serious", "polite", "neutral", "elegant"),
    "bold": ("bold", "confident", "energetic", "edgy", "strong", "hype", "excited", "motivat", "inspir", "adventur"),
    "warm": ("warm", "friendly", "casual", "calm", "kind", "cozy", "chill", "relaxed", "sincere", "honest", "welcom"),
}
SIGNS: dict[str, tuple[str, ...]] = {
    "playful": ("😜", "✨", "🎈"),
    "romantic": ("💕", "🌹", "💫"),
    "professional": ("",),
    "bold": ("🔥", "⚡", "🚀"),
    "warm": ("😊", "🌿", "☀️"),
}
TOPIC_SIGNS: dict[str, str] = {
    "art": "🎨",
    "beauty": "💄",
    "books": "📚",
    "business": "📈",
    "comedy": "😂",
    "cooking": "🍳",
    "crafts": "🧶",
    "dance": "💃",
    "education": "🎓",
    "fashion": "👗",
    "film": "🎬",
    "fitness": "💪",
    "gaming": "🎮",
    "health": "🧘",
    "music": "🎶",
    "nature": "🌅",
    "parenting": "👨‍👩‍👧",
    "pets": "🐾",
    "photography": "📸",
    "relationships": "💬",
    "spirituality": "🔮",
    "tech": "💻",
    "travel": "✈️",
    "vehicles": "🏁",
}
#: What it is about when nobody said.
ANYTHING: dict[Genre, str] = {
    Genre.CAPTION: "days like this",
    Genre.BIO: "what I love",
    Genre.OPENER: "your profile",
}

PHRASES: dict[Genre, dict[str, tuple[str, ...]]] = {
    Genre.CAPTION: {
        "playful": (
            "{It} called, I answered {sign}",
            "Powered by {it} and questionable decisions {sign}",
            "Plot twist: it was all about {it} {sign}",
            "Warning: {it} may cause uncontrollable smiling {sign}",
            "My love language? {It}, obviously {sign}",
            "Just me, {it} and zero regrets {sign}",
        ),
        "romantic": (
            "{It}, and a heart that will not slow down {sign}",
            "Some moments stay with you: {it} {sign}",
            "Write me into {it} and never let it end {sign}",
            "If I could keep one thing, it would be {it} {sign}",
            "All I need tonight: {it} and you {sign}",
        ),
        "professional": (
            "In focus: {it}.",
            "A closer look at {it}.",
            "{It}: the work behind the result.",
            "Proud to share {it} with you.",
            "Today is all about {it}. Thank you for following along.",
        ),
        "bold": (
            "{It}. No excuses {sign}",
            "Chasing {it} while the world sleeps {sign}",
            "{It} first, everything else later {sign}",
            "You have not lived until you have tried {it} {sign}",
            "This is what {it} looks like at full volume {sign}",
        ),
        "warm": (
            "Grateful for {it} {sign}",
            "{It} and good company, that is all it takes {sign}",
            "Saving this one for a rainy day: {it} {sign}",
            "A little bit of {it} goes a long way {sign}",
            "Here is to {it}, and to all of you {sign}",
        ),
    },
    Genre.BIO: {
        "playful": (
            "Professional enthusiast of {it}. Amateur at everything else {sign}",
            "Fluent in {it} and bad puns {sign}",
            "I came for {it} and stayed for the snacks {sign}",
            "{It} by day, also {it} by night {sign}",
            "Part human, part {it} {sign}",
        ),
        "romantic": (
            "Looking at life through {it} {sign}",
            "A soft heart with a weakness for {it} {sign}",
            "Collecting moments, mostly about {it} {sign}",
            "Here for long talks, {it} and everything in between {sign}",
        ),
        "professional": (
            "I focus on {it}. Available for bookings and collaborations.",
            "Passionate about {it}, committed to quality.",
            "Sharing experience in {it}. Get in touch to work together.",
            "{It}: clear, reliable, and made with care.",
        ),
        "bold": (
            "Living for {it}. Catch me if you can {sign}",
            "{It} is not a hobby, it is who I am {sign}",
            "All in on {it}. Join the ride {sign}",
            "Rewriting the rules of {it} {sign}",
        ),
        "warm": (
            "Happy you are here. Mostly sharing {it} and good thoughts {sign}",
            "{It}, kindness and a cup of tea {sign}",
            "Making friends through {it}, one day at a time {sign}",
            "Come for {it}, stay for the people {sign}",
        ),
    },
    Genre.OPENER: {
        "playful": (
            "Quick question: {it}, genius or pure chaos? {sign}",
            "On a scale from one to {it}, how is your day? {sign}",
            "I was going to be cool about it, but {it}?! Tell me everything {sign}",
            "Two truths and a lie about {it}: you start {sign}",
            "Be honest, how much of your day is {it}? {sign}",
        ),
        "romantic": (
            "I saw {it} and could not help smiling. How did it begin? {sign}",
            "There is something lovely about {it}. What does it mean to you? {sign}",
            "If we shared {it} for one evening, where would we start? {sign}",
            "Tell me about {it}, I would love to listen {sign}",
        ),
        "professional": (
            "Hello, I came across {it} and would like to hear more. Do you have a moment?",
            "Hi, {it} caught my attention. What are you working on at present?",
            "Good day! I am interested in {it}. How would we best work together?",
            "Hello, may I ask how you got started with {it}?",
        ),
        "bold": (
            "{It}? You have my full attention {sign}",
            "Skip the small talk: what is the wildest thing about {it}? {sign}",
            "Teach me one thing about {it} and I will owe you one {sign}",
            "I dare you: convince me of {it} in three words {sign}",
        ),
        "warm": (
            "Hey! {It} made me smile. How is your day going? {sign}",
            "Hi there, I would love to hear more about {it} {sign}",
            "Hey, what do you enjoy most about {it}? {sign}",
            "Hello! How did you come to {it}? {sign}",
        ),
    },
}
