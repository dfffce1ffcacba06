"""Training step of the student in PyTorch: ResNet-18 of a given width as torchvision builds it, Adam, 1 - cos."""
import torch
from torch import nn
from turns import take_turns, threads, work

W = work()
torch.set_num_threads(threads())
torch.manual_seed(1)


def layer(inputs, outputs, kernel, stride):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.first = layer(inputs, outputs, 3, stride)
        self.second = layer(outputs, outputs, 3, 1)
        self.shortcut = nn.Identity() if stride == 1 and inputs == outputs else layer(inputs, outputs, 1, stride)

    def forward(self, x):
        y = torch.relu(self.first(x))
        return torch.relu(self.second(y) + self.shortcut(x))


width = W['width']
stages = [(width, width, 1)]
for stage in range(1, 4):
    stages.append((width * 2 ** (stage - 1), width * 2 ** stage, 2))
model = nn.Sequential(
    layer(3, width, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1),
    *[each for inputs, outputs, stride in stages for each in (Block(inputs, outputs, stride), Block(outputs, outputs, 1))],
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width * 8, W['size']))
# Channels last is PyTorch's faster layout on the CPU, and has to be asked for; compiled, PyTorch chooses by itself.
layout = torch.channels_last if W['layout'] == 'last' else torch.contiguous_format
model = model.to(memory_format=layout).train()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
x = torch.randint(0, 256, (W['batch'], 3, W['side'], W['side'])).to(torch.uint8).contiguous(memory_format=layout)
target = torch.randn(W['batch'], W['size'])


def loss_of(x, target):
    return (1 - nn.functional.cosine_similarity(model((x.float() - 127.5) / 64), target)).mean()


loss_of = torch.compile(loss_of) if W['mode'] == 'compile' else loss_of


def step():
    optimizer.zero_grad(set_to_none=True)
    loss = loss_of(x, target)
    loss.backward()
    optimizer.step()
    loss.item()


take_turns(step, f'PyTorch {torch.__version__}')
