"""Training step of the autoencoder in PyTorch, with the fused Adam."""
import torch
from torch import nn
from turns import take_turns, threads, work

W = work()
torch.set_num_threads(threads())
torch.manual_seed(1)
inputs, size, layers = W['inputs'], W['size'], W['layers']
down = [inputs] + [round(inputs * (size / inputs) ** ((k + 1) / layers)) for k in range(layers)]


def chain(widths):
    parts = []
    for before, after in zip(widths, widths[1:]):
        parts += [nn.Linear(before, after), nn.ELU(inplace=True)]
    return parts[:-1]


model = nn.Sequential(*chain(down), *chain(down[::-1])).train()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, fused=True)
z = torch.randn(W['batch'], inputs)
weights = torch.ones(inputs)


def loss_of(z):
    return ((model(z) - z).square() * weights).sum(1).mean()


loss_of = torch.compile(loss_of) if W['mode'] == 'compile' else loss_of


def step():
    optimizer.zero_grad(set_to_none=True)
    loss = loss_of(z)
    loss.backward()
    optimizer.step()
    loss.item()


take_turns(step, f'PyTorch {torch.__version__}')
