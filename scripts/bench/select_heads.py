"""Heads on all subsets of teachers in PyTorch, one after the other, each on its own columns alone, with the fused AdamW."""
import itertools
import math
import torch
from torch import nn
from turns import take_turns, threads, work

W = work()
torch.set_num_threads(threads())
torch.manual_seed(1)
dimensions = [int(each) for each in W['teachers'].split()]
count, batch, faces, epochs = W['faces'] + W['validation'], W['batch'], W['faces'], W['epochs']
subsets = [each for size in range(1, len(dimensions) + 1) for each in itertools.combinations(range(len(dimensions)), size)]
teachers = torch.randn(count, sum(dimensions)).split(dimensions, 1)
# the columns of a subset are put side by side once, before anything is timed
columns = [torch.cat([teachers[i] for i in subset], 1).contiguous() for subset in subsets]
labels = torch.arange(count) % W['classes']


def new_head(width):
    head = nn.Sequential(nn.Linear(width, W['hidden']), nn.ReLU(), nn.Dropout(0.5), nn.Linear(W['hidden'], W['classes']))
    return head, torch.optim.AdamW(head.parameters(), lr=1e-3, weight_decay=0.01, fused=True)


def new_heads():
    return [new_head(x.shape[1]) for x in columns]


def step(i, head, optimizer, number):
    rows = (torch.arange(batch) + number * batch) % faces
    optimizer.zero_grad(set_to_none=True)
    nn.functional.cross_entropy(head(columns[i][rows]), labels[rows]).backward()
    optimizer.step()


def evaluate(i, head, is_better):
    head.eval()
    with torch.no_grad():
        nn.functional.cross_entropy(head(columns[i][faces:]), labels[faces:]).item()
    head.train()
    return {name: value.clone() for name, value in head.state_dict().items()} if is_better else None


def epochs_of(i):
    """As select-facet.ts."""
    return math.ceil(epochs * (0.4 + 0.6 * ((i * 37) % 63) / 62))


def train_alone(i, head, optimizer):
    for epoch in range(epochs_of(i)):
        for number in range(faces // batch):
            step(i, head, optimizer, number)
        evaluate(i, head, epoch < epochs_of(i) / 2)


def train_together(heads):
    for epoch in range(epochs):
        for number in range(faces // batch):
            for i, (head, optimizer) in enumerate(heads):
                step(i, head, optimizer, number)
        for i, (head, _) in enumerate(heads):
            evaluate(i, head, epoch < epochs_of(i) / 2)


heads = new_heads()
number = 0


def run():
    global number
    if epochs == 0:
        for i, (head, optimizer) in enumerate(heads):
            step(i, head, optimizer, number)
        number += 1
    elif W['mode'] == 'together':
        train_together(new_heads())
    else:
        for i, (head, optimizer) in enumerate(new_heads()):
            train_alone(i, head, optimizer)


take_turns(run, f'PyTorch {torch.__version__}')
