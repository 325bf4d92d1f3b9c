"""Every sentence a person reads on the pages. Words as in the glossary: pass / reject, kept for testing, put into use."""

TITLE = "Twinbank"
PAGES = {
    "browse": "Browse",
    "label": "Label",
    "book": "Defect book",
    "teach": "Teach",
    "review": "Review",
    "models": "Models",
}
ALL_PRODUCTS = "All products"

VERDICTS = {"good": "Good", "defect": "Defect", "unsure": "Unsure"}
NOT_JUDGED = "Not judged"
CALLS = {"pass": "Pass", "reject": "Reject"}
NOT_SCORED = "Not scored"
KEPT_FOR_TESTING = "kept for testing"
TAUGHT = "taught"

NO_IMAGES = "No images yet"
NO_IMAGES_NEXT = "Import images of good parts first: Twinbank learns from them what good looks like."
NOTHING_MATCHES = "No image matches these filters"
NOTHING_MATCHES_NEXT = "Widen the score range, or choose another verdict or call."
CLEAR_FILTERS = "Show all images"

# Browse
VERDICT_CHOICES = {"any": "Any verdict", "none": "Not judged", **VERDICTS}
CALL_CHOICES = {"any": "Any call", "pass": "Pass", "reject": "Reject", "none": "Not scored"}
TESTING_CHOICES = {"any": "Any use", "true": "Kept for testing", "false": "For teaching"}
PAINTED_CHOICES = {"any": "Painted or not", "true": "Painted", "false": "Not painted"}
ORDER_CHOICES = {"name": "By name", "score": "Highest score first", "newest": "Newest first"}
SEARCH = "Name, part-0* or defect type"
SCORE_FROM = "Score from"
SCORE_TO = "Score to"

# Label
QUEUES = {
    "useful": "Most useful first",
    "unjudged": "Not judged yet",
    "without_mask": "Defects not painted yet",
    "painted_good": "Judged good, but painted",
    "waiting": "Painted, not taught yet",
    "disagreement": "Model and person disagree",
    "unsure": "Unsure",
    "questions": "Others are unsure",
    "answers": "Answers to what I asked",
    "recheck": "Second look, blind",
    "differing": "Second look differs",
    "all": "All images",
}
QUEUE = "Queue"
SHOW_HEATMAP = "Heatmap"
UP_NEXT = "Up next"
WHY_THIS = "Why this image"
WHY = {
    "limit": "Score {score} is close to the reject limit {limit}: it could fall on either side.",
    "unlike": "Unlike everything the model knows: score {score}, reject limit {limit}, and no painted defect looks like it.",
    "contradiction": "Judged {verdict}, but the model says {call} ({score}, reject limit {limit}).",
    "audit": "Random check: 1 image in 20 is shown whatever the model says, so that rates stay honest.",
    "sure": "The model is sure of its call here: {score}, reject limit {limit}.",
    "variety": "No score yet: images that differ most come first.",
    "alike": "Shows the same as another image that came before it.",
    "question": "Somebody else is unsure here: decide, and the answer goes back to who asked.",
    "answer": "You were unsure here, and somebody has decided. Going on marks the answer as read.",
    "differing": "A person who did not know the verdict “{verdict}” gave another one. Judge it again to settle it.",
    "recheck": "Second look: judge it as if for the first time. Verdict, painting, call and heatmap are hidden, and no verdict changes.",
}
BOOK = "Defect book"
BOOK_OPEN = "Open"
BOOK_NEW = "New defect type, then Enter"
BOOK_EMPTY = "The book of this product is empty"
BOOK_EMPTY_NEXT = "Paint a defect on the page Label, or add a defect type below."
BOOK_PRODUCT = "Which product?"
BOOK_PRODUCT_NEXT = "Every product has a defect book of its own: choose a product in the header."
BOOK_RULE = "The rule in words: what counts as this defect, and what does not. For example: longer than 2 mm, or felt with the nail."
BOOK_SAVE = "Save rule"
BOOK_SAVED = "The rule is saved, and stands beside the painter."
BOOK_TAKE_OUT = "Take out of the book"
COLOUR_NAMES = {  # of defect types, for those who can't tell them by sight
    "#d55e00": "vermilion",
    "#0072b2": "blue",
    "#e69f00": "orange",
    "#cc79a7": "pink",
    "#009e73": "green",
    "#56b4e9": "sky blue",
    "#96001e": "dark red",
    "#b4f0b4": "pale green",
    "#1effff": "cyan",
    "#782d69": "plum",
    "#e1f069": "lime",
    "#4b87ff": "cornflower blue",
}
BOOK_EXAMPLES = "This is one"
BOOK_EXAMPLES_NOTE = (
    "Cut from what persons painted. Press one to show it in the book; without a choice the newest are shown."
)
BOOK_COUNTERS = "Looks like it, but is good"
BOOK_COUNTERS_NOTE = "Cut from images judged good, where they come nearest to this defect."
CUT_CHOSEN = "In the book. Press to take it out"
CUT_PROPOSED = "Press to show it in the book"
NO_PIECES = "There is nothing to cut from yet."
IS_ONE = "an example"
LOOKS_LIKE = "looks like it, but is good"
AGREEMENT = "Do we agree?"
AGREEMENT_NOTE = "One decided image in 20 comes back to each person for a second look without verdict, call or heatmap (queue “Second look, blind”)."
AGREEMENT_NONE = "Nobody has taken a second look yet."
AGREEMENT_HEADS = ("Verdict, second look", "Same", "Kappa", "Differs")
TOO_FEW = "too few"
NO_DIFFERENCE = "none"
CONVERSATION = "Questions and remarks"
REMARK = "Write a remark or a question, then Enter"
YOU = "You"
LEFT_AT = "You left it for later on {at:%d %b, %H:%M}."
NO_WAY_BACK = "You have judged or left no image before this one."
NO_BLIND_WAY_BACK = (
    "You have left no image for later in this second look. What you judged blind does not come back here."
)
QUEUE_DONE = "Nothing is left in this queue"
QUEUE_DONE_NEXT = "Choose another queue above, or teach what you painted."
MODEL_SAYS = "The model says"
YOU_SAID = "Verdict"
PAINTED_KEPT = (
    "Painted and kept for testing: this image checks what the model has learnt, so it is not taught itself."
)
KEPT = "Kept for testing: this image checks what the model has learnt."
TEACH_INSTEAD = "Teach it instead"
TEACH_INSTEAD_TIP = "Move this part out of the images kept for testing, so that the next lesson learns it"
NOW_TAUGHT = "This part is taught with the next lesson and no longer used for testing."
DEMO_OPENING = "The model passes this part, but it has a defect: paint it and press Teach."
DEMO_PAINTED = "Painted. Press Teach: the model learns this defect and looks at every other part again."
PREVIEW = "What this painting would change"
PREVIEW_ESTIMATE = "estimate"
PREVIEW_ESTIMATE_TIP = "Nothing is taught yet. Distances and look-alikes are compared; the trained part and the reject limit stay as they are."
PREVIEW_BUSY = "The model is busy with a job."
PREVIEW_AGAIN = "Try again"
TEACH = "Teach"
TEACH_TIP = "Teach what is waiting (T)"

# Teach
WAITING = "Waiting"
TEACH_NOW = "Teach now"
BUILD_FIRST = "Build first model"
BUILD_AGAIN = "Build anew"
BUILD_AGAIN_TIP = "Start from the good images again and teach every painting anew; takes longer than a lesson"
NOTHING_WAITS = "Nothing new is waiting"
NOTHING_WAITS_NEXT = "Paint a defect on the page Label, or judge more images as good."
FIRST_MODEL_NEXT = (
    "The first model is built from the good images. Painted defects are taught in the same run."
)
NEEDS_GOOD = (
    "A first model needs at least 2 good parts of one product. Judge images as good on the page Label."
)
RESULT = "What the lesson did"
RESULT_FIT = "What was built"
NO_RESULT = "No lesson yet"
NO_RESULT_NEXT = "After a lesson you see here which images changed, before and after, and the figures on the images kept for testing."
LESSON_RUNS = "The lesson is running"
LESSON_RUNS_NEXT = "You can go on labelling, or close this page: the header shows how far it is, and the result appears here."
PUT_INTO_USE = "Put into use"
IN_USE = "in use"
WAITING_VERSION = "waiting version"
FIGURES = "On images kept for testing"
FIGURES_NOTE = "Judged good or defect by a person, never taught. Before and after count the same images."
FIGURES_THEN = FIGURES_NOTE + " Counted when the version was made; Models counts with the verdicts of now."
NO_FIGURES = "No image kept for testing has been judged yet, so there is nothing to count."
CHANGED = "Changed images"
NOTHING_CHANGED = "No other image's call or score moved."
LESSON_ENDED = {"failed": "The lesson failed", "cancelled": "The lesson was cancelled"}
JOB_FAILED = "The lesson did not finish. What was in use before stays in use."

# Review
REVIEW_ONLY = {
    "all": "All scored images",
    "disagreement": "Model and person disagree",
    "unjudged": "Not judged yet",
    "reject": "Rejected by the model",
    "pass": "Passed by the model",
    "kept_for_testing": "Kept for testing",
    "unsure": "Unsure",
}
VERSION_IN_USE = "Version in use"
NOTHING_SCORED = "Nothing is scored yet"
NOTHING_SCORED_NEXT = "Build the first model on the page Teach; every image gets a score then."
COMPARED_WITH = "Compared with"
NEAREST_GOOD = "Nearest good patch"
NEAREST_DEFECT = "Nearest painted defect"
THIS_PATCH = "This image's worst patch"
AWAY = "distance {distance:.2f}"
INVENTED = "an invented texture, not an image"
IMAGE_GONE = "that image was deleted"
NOTHING_PAINTED = "Nothing painted to compare with yet."
PAINT_IT = "Paint it"
SCORES = "Scores"
SCORES_NOTE = "Bars count images by verdict; the line is the reject limit."
COLOUR_SCALE = "patch score"

# Models
IN_USE_NOW = "In use now"
ROLL_BACK = "Roll back"
ROLL_BACK_TIP = "Put the version back into use that judged this product before"
NO_VERSION = "No model yet"
NO_VERSION_NEXT = "Judge images as good, then build the first model on the page Teach."
KIND = {"fit": "Built from good images", "teach": "Lesson"}
SETTINGS = "Settings"
LIMITS = "Reject limit and what painting adds"
LIMIT_HEADS = ("Product", "Reject limit", "Painted defects")
TAUGHT_IMAGES = "Taught"
EVERY_PRODUCT = "every product"


def plural(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def preview_line(changes: int, looked_at: int, of: int) -> str:
    """Say how many images would change their call."""
    if not of:
        return "There is no other image of this product with a score yet."
    if not looked_at:
        return "It has no effect yet: too little is painted."
    where = (
        f"of {looked_at:,}" if looked_at == of else f"of the {looked_at:,} compared so far ({of:,} in all)"
    )
    if not changes:
        return f"No other image {where} would change its call."
    return f"{plural(changes, 'image')} {where} would change {'its' if changes == 1 else 'their'} call."


def product_choice(name: str, images: int) -> str:
    return f"{name} ({images:,})"


def waiting_line(to_teach: int, kept: int) -> str:
    return f"{to_teach} to teach, {kept} kept for testing"


def queue_count(remaining: int, left: int) -> str:
    """Say how many images wait in a queue, and how many of them the person left for later."""
    count = f"{remaining:,} left"
    return f"{count}, {left:,} of them for later" if left else count


def waiting_for_you(answers: int, questions: int) -> tuple[tuple[str, str], ...]:
    """Say what others left for a person: (queue, words) of each kind there is."""
    found = (
        ("answers", answers, plural(answers, "answer for you", "answers for you")),
        ("questions", questions, plural(questions, "question from others", "questions from others")),
    )
    return tuple((queue, words) for queue, count, words in found if count)


def book_types(product: str) -> str:
    return f"Defect types of {product}, in the order of their keys"


def book_author(author: str) -> str:
    return f"Rule last changed by {author}."


def pair(first: str, second: str) -> str:
    return f"{first}, twice" if first == second else f"{first}, then {second}"


def differs(verdict: str, again: str, count: int) -> str:
    return f"{verdict} → {again} {count:,}"


def put_into_use_done(version_id: int, products: tuple[str, ...]) -> str:
    return f"Version {version_id} now judges {', '.join(products)}. Models has “Roll back”."


def rolled_back(product: str, version_id: int) -> str:
    return f"{product} is judged by version {version_id} again."


def imported(added: int, refused: int) -> str:
    done = f"{plural(added, 'image')} added"
    return f"{done}, {plural(refused, 'file')} refused." if refused else f"{done}."


def marked(count: int, verdict: str | None) -> str:
    if verdict is None:
        return f"The verdict of {plural(count, 'image')} was taken back."
    return f"{plural(count, 'image')} marked {VERDICTS[verdict].lower()}."


def version_name(version_id: int) -> str:
    return f"Version {version_id}"


def version_choice(version_id: int, in_use_for: tuple[str, ...], is_waiting: bool) -> str:
    if in_use_for:
        return f"{version_name(version_id)}, in use for {', '.join(in_use_for)}"
    return f"{version_name(version_id)}, waiting" if is_waiting else version_name(version_id)


def seen_with(version_id: int, product: str) -> str:
    return f"Seen with version {version_id}, which is not in use for {product}: the calls there are another version's."


def version_scored_nothing(version_id: int) -> str:
    return (
        f"Version {version_id} has scored no image like this. Choose another version or another filter above."
    )


def misfiled(verdicts: tuple[str, ...]) -> str:
    return f"The very same picture is filed elsewhere as {', '.join(verdicts)}."


def judged_so_far(judged: int, of: int) -> str:
    return f"{judged:,} of {of:,} images are judged so far. The rest follows by itself; this page then counts them too."


def seconds(value: float) -> str:
    return f"{value:.0f} s" if value >= 1 else "under 1 s"


END_OF_LIST = "This is the end of the list."


def more_listed(shown: int, there: int) -> str:
    return f"The first {shown:,} of {there:,}. Choose a filter above to see others."


def against(version_id: int) -> str:
    return f"Before: version {version_id}. Both count the images that both have scored."
