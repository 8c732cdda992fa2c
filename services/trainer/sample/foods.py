"""Which drawing shows which food, and which design house is in which split.

A house is one group of people with one way of drawing. `evaluation` holds houses that
training never saw, so its accuracy says something about drawings that are new. Both Noto
sets come from the same people, and are therefore in the same split.
"""

from services import food

HOUSES = {
    "noto": "training",
    "noto-v1": "training",
    "fluent-emoji-flat": "training",
    "openmoji": "training",
    "fxemoji": "training",
    "emojione": "validation",
    "twemoji": "evaluation",
}

FOODS = {
    "Bread": "bread baguette-bread croissant pretzel bagel flatbread waffle pancakes sandwich "
    "stuffed-flatbread boule-bread hamburger hot-dog pizza taco burrito",
    "Dairy product": "cheese-wedge glass-of-milk butter soft-ice-cream baby-bottle fondue",
    "Dessert": "birthday-cake shortcake cookie doughnut pie cupcake chocolate-bar candy custard "
    "lollipop ice-cream shaved-ice moon-cake dango honey-pot fortune-cookie",
    "Egg": "egg cooking nest-with-eggs hatching-chick",
    "Fried food": "french-fries fried-shrimp falafel dumpling tamale",
    "Meat": "meat-on-bone bacon poultry-leg cut-of-meat",
    "Noodles/Pasta": "spaghetti steaming-bowl takeout-box",
    "Rice": "cooked-rice rice-ball rice-cracker curry-rice bento-box",
    "Seafood": "fish shrimp lobster crab oyster squid octopus sushi fish-cake-with-swirl "
    "tropical-fish blowfish",
    "Soup": "pot-of-food bowl-with-spoon shallow-pan-of-food canned-food",
    "Vegetable/Fruit": "red-apple green-apple banana grapes melon watermelon tangerine lemon "
    "pear peach cherries strawberry kiwi-fruit tomato coconut avocado eggplant potato carrot "
    "ear-of-corn hot-pepper bell-pepper cucumber leafy-green broccoli garlic onion mushroom "
    "peanuts pineapple mango blueberries olive green-salad pea-pod beans roasted-sweet-potato",
}
# What one house calls by a name of its own.
ALSO = {"curryandrice": "curryrice", "cheese": "cheesewedge"}

LABEL_OF = {
    name.replace("-", ""): food.LABELS.index(label)
    for label, names in FOODS.items()
    for name in names.split()
}


def label_of(drawing: str) -> int | None:
    """Return the index of the label of a drawing, or None if it shows no food of ours.

    Houses differ in where they put hyphens, so these do not count.
    """
    plain = drawing.replace("-", "")
    return LABEL_OF.get(ALSO.get(plain, plain))
